// Names that the data of many chains share: festivals, shopping days and kinds of promotions, in both languages. Whatever
// is not here is a name of the chain's own and is shown as it stands in the data.

import { currentLanguage } from "./i18n.js";

/** Chinese name, English name, and other spellings by which data calls the same. */
const FESTIVALS = [
  ["元旦", "New Year's Day", "元旦节", "New Year"],
  ["小年", "Little New Year"],
  ["除夕", "Chinese New Year's Eve", "Spring Festival Eve", "Lunar New Year's Eve"],
  ["春节", "Spring Festival", "Chinese New Year", "Lunar New Year", "农历新年"],
  ["元宵节", "Lantern Festival", "元宵"],
  ["情人节", "Valentine's Day"],
  ["妇女节", "Women's Day", "三八妇女节", "三八节", "女神节", "国际妇女节", "International Women's Day"],
  ["植树节", "Arbor Day"],
  ["愚人节", "April Fools' Day"],
  ["清明节", "Tomb-Sweeping Day", "清明", "Qingming", "Qingming Festival", "Tomb Sweeping Festival"],
  ["复活节", "Easter", "Easter Sunday"],
  ["耶稣受难日", "Good Friday"],
  ["劳动节", "Labour Day", "五一", "五一劳动节", "五一节", "国际劳动节", "Labor Day", "May Day"],
  ["青年节", "Youth Day", "五四青年节"],
  ["母亲节", "Mother's Day"],
  ["儿童节", "Children's Day", "六一", "六一儿童节"],
  ["端午节", "Dragon Boat Festival", "端午", "Tuen Ng Festival"],
  ["父亲节", "Father's Day"],
  ["618", "618 shopping festival", "618大促", "618购物节", "618年中大促"],
  ["七夕", "Qixi Festival", "七夕节", "Chinese Valentine's Day"],
  ["中元节", "Ghost Festival", "中元"],
  ["教师节", "Teachers' Day"],
  ["中秋节", "Mid-Autumn Festival", "中秋", "Moon Festival", "Mid Autumn"],
  ["国庆节", "National Day", "国庆", "十一", "十一国庆节"],
  ["重阳节", "Double Ninth Festival", "重阳", "Chongyang Festival"],
  ["万圣节", "Halloween", "万圣夜"],
  ["双11", "Singles' Day", "双十一", "双11购物节", "光棍节", "Double 11", "Double Eleven", "11.11"],
  ["感恩节", "Thanksgiving", "Thanksgiving Day"],
  ["黑色星期五", "Black Friday", "黑五"],
  ["网络星期一", "Cyber Monday"],
  ["双12", "Double 12", "双十二", "双12购物节", "Double Twelve", "12.12"],
  ["冬至", "Winter Solstice", "冬至节"],
  ["平安夜", "Christmas Eve"],
  ["圣诞节", "Christmas Day", "圣诞", "Christmas", "Xmas"],
  ["腊八节", "Laba Festival", "腊八"],
];
const PROMOTIONS = [
  ["直降", "Price cut", "降价", "直接降价", "price reduction"],
  ["打折", "Discount", "折扣", "percentage off"],
  ["第二件半价", "Second item half price", "第2件半价", "second at half price"],
  ["满减", "Money off above a spend", "spend and save"],
  ["满赠", "Gift above a spend"],
  ["赠品", "Free gift", "送赠品", "gift with purchase"],
  ["买一送一", "Buy one, get one free", "买1送1", "BOGO", "buy one get one free", "buy one get one"],
  ["优惠券", "Coupon"],
  ["会员价", "Member price", "members only price"],
  ["秒杀", "Flash sale", "限时秒杀"],
  ["换购", "Add-on deal", "加价换购"],
  ["套餐", "Bundle", "捆绑销售", "组合装", "multibuy"],
  ["清仓", "Clearance", "清仓甩卖", "clearance sale"],
];

/** Case, spaces and the kinds of apostrophes, dots and hyphens tell no two names apart. */
const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/[\s'’`.,·_\-–]/gu, "");
const index = (rows) => new Map(rows.flatMap(([chinese, english, ...others]) => [chinese, english, ...others].map((one) => [plain(one), { zh: chinese, en: english }])));
const [festivals, promotions] = [index(FESTIVALS), index(PROMOTIONS)];

const inLanguage = (known, text) => known.get(plain(text ?? ""))?.[currentLanguage()] ?? text;

export const festivalName = (text) => inLanguage(festivals, text);
export const promotionKind = (text) => inLanguage(promotions, text);
