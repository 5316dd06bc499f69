"""What people decided and noted about a product in a store."""

import uuid
from typing import Any

from retail_brain.operational.decisions import decisions_about
from retail_brain.operational.line_comments import LineComment, StoredComment, comments_about, store_comment
from serving.http.handlers.call import Call, find_product, find_store
from serving.http.handlers.suggestions import shown_decision
from serving.http.messages.line_messages import LineCommentRequest, LineHistoryRequest


def history_of_line(request: LineHistoryRequest, call: Call) -> dict[str, Any]:
    """What was decided and noted about a product in a store so far, newest first; what was taken back says so.

    Raises:
        NotFoundError: the store or the product is not known.
    """
    find_store(call.answers, request.store_id)
    find_product(call.answers, request.product_id)
    about = (call.principal.tenant, call.state.database, request.store_id, request.product_id)
    return {
        "decisions": [
            shown_decision(one) | {"as_of": one.decision.as_of.isoformat()}
            for one in decisions_about(*about, limit=request.limit)
        ],
        "comments": [_shown(one) for one in comments_about(*about, limit=request.limit)],
    }


def comment(request: LineCommentRequest, call: Call) -> dict[str, Any]:
    """Stores a comment on a product in a store; the same comment_id again changes nothing.

    Raises:
        NotFoundError: the store or the product is not known.
        ImpossibleError: the comment_id was used before for another comment.
    """
    find_store(call.answers, request.store_id)
    find_product(call.answers, request.product_id)
    given = LineComment(
        comment_id=request.comment_id or uuid.uuid4().hex,
        store_id=request.store_id,
        product_id=request.product_id,
        text=request.text,
        commented_by=call.principal.name,
    )
    stored = store_comment(call.principal.tenant, call.state.database, given, now=call.now)
    call.state.refresh_comments(call.principal.tenant)
    return _shown(stored)


def _shown(stored: StoredComment) -> dict[str, Any]:
    return vars(stored.comment) | {"commented_at": stored.commented_at.isoformat()}
