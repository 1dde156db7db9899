"""A WordPress post: its fields, its slug, its statuses ("REST API Handbook: Posts")."""

import html
import re
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from umt.sandbox.clock import iso, parse_instant
from umt.sandbox.store import Node
from umt.sandbox.wire import Call, Json
from umt.sandbox.wordpress_rest import invalid_parameter, refuse, slugify

if TYPE_CHECKING:
    from umt.sandbox.wordpress import WordPress

STATUSES = ("publish", "future", "draft", "pending", "private")
UNSETTLED = ("draft", "pending", "auto-draft")


def raw(value: Any) -> str:
    """A field given as text or as {"raw": text}."""
    if isinstance(value, dict):
        value = value.get("raw", "")
    return value if isinstance(value, str) else "" if value is None else str(value)


def digest(node: Node) -> str:
    return sha256(f"{node.body['title']}\0{node.body['content']}".encode()).hexdigest()[:16]


def status(node: Node, now: datetime) -> str:
    """The status as of now: a post of the future is published when its time comes."""
    own = str(node.body["status"])
    return "publish" if own == "future" and parse_instant(node.body["date"]) <= now else own


def apply(site: "WordPress", node: Node, parameters: Json) -> str:
    """Take over what is sent, validated; the requested slug, sanitised, or an empty string."""
    now = site.clock.now
    if not node.body:
        node.body = {
            "title": "", "content": "", "excerpt": "", "slug": "", "status": "draft", "date": _local(now),
            "dated": False, "categories": [], "tags": [], "meta": {}, "featured_media": 0, "author": 1,
            "comment_status": "open", "ping_status": "open", "sticky": False, "format": "standard",
        }  # fmt: skip
    body = node.body
    for part in ("title", "content", "excerpt"):
        if part in parameters:
            body[part] = raw(parameters[part])
    if parameters.get("date_gmt") or parameters.get("date"):
        name = "date_gmt" if parameters.get("date_gmt") else "date"
        try:
            body["date"], body["dated"] = _local(parse_instant(str(parameters[name]))), True
        except ValueError:
            raise invalid_parameter(name, "Invalid date.") from None
    if "status" in parameters:
        if parameters["status"] not in STATUSES:
            raise invalid_parameter("status", f"status is not one of {', '.join(STATUSES[:-1])}, and {STATUSES[-1]}.")
        if body["status"] in UNSETTLED and not body["dated"]:
            body["date"] = _local(now)
        body["status"] = parameters["status"]
    if body["status"] in ("publish", "future"):
        body["status"] = "future" if parse_instant(body["date"]) > now else "publish"
    for plural, kind in (("categories", "category"), ("tags", "tag")):
        if plural in parameters:
            body[plural] = _ids(plural, parameters[plural])
            for id in body[plural]:
                term = site.store.node(site.name, id, node.account)
                if term is None or term.kind != kind:
                    raise refuse("rest_invalid_term_id", "Invalid term ID.", 400)
    if isinstance(parameters.get("meta"), dict):
        body["meta"] = body["meta"] | parameters["meta"]
    if "slug" not in parameters:
        return ""
    body["slug"] = slugify(str(parameters["slug"] or ""))
    return str(body["slug"])


def settle_slug(site: "WordPress", node: Node) -> None:
    """Give a post that leaves the drafts a slug of its own: `wp_unique_post_slug` adds -2, -3 ...

    Drafts keep what they were given, unique or not, or nothing.
    """
    body = node.body
    if body["status"] not in (*UNSETTLED, "trash"):
        wanted = slug = body["slug"] or slugify(body["title"]) or str(node.id)
        suffix = 1
        while any(other.id != node.id for other in site.store.nodes(site.name, "post", node.account, slug)):
            suffix += 1
            slug = f"{wanted[: 199 - len(str(suffix))]}-{suffix}"
        body["slug"] = slug
    node.name = body["slug"]


def select(site: "WordPress", call: Call, logged_in: bool) -> list[Node]:
    """The posts a list asks for: slug, search, status, include, exclude, categories, tags, after, before; sorted."""
    query, now = call.query, site.clock.now
    wanted = [item for item in query.get("status", "publish").split(",") if item]
    for item in wanted:
        if item not in (*STATUSES, "trash", "any"):
            raise invalid_parameter("status", f"{item[:40]} is not a valid status.")
    if wanted != ["publish"] and not logged_in:
        raise refuse("rest_forbidden_status", "Status is forbidden.", 401)
    slugs = [slug for slug in query.get("slug", "").split(",") if slug]
    found = []
    for node in site.store.nodes(site.name, "post", call.account, slugs[0] if len(slugs) == 1 else None):
        body, own = node.body, status(node, now)
        text = f"{body['title']} {body['content']} {body['excerpt']}".lower()
        if (
            (own in wanted or ("any" in wanted and own != "trash"))
            and (not slugs or body["slug"] in slugs)
            and all(word in text for word in query.get("search", "").lower().split())
            and _listed(query.get("include"), [node.id], True)
            and _listed(query.get("exclude"), [node.id], False)
            and _listed(query.get("categories"), body["categories"], True)
            and _listed(query.get("tags"), body["tags"], True)
            and (not query.get("after") or body["date"] > _bound(query["after"], "after"))
            and (not query.get("before") or body["date"] < _bound(query["before"], "before"))
        ):
            found.append(node)
    order, by = query.get("order", "desc"), query.get("orderby", "date")
    keys = {"date": "date", "title": "title", "slug": "slug", "id": "", "modified": ""}
    if order not in ("asc", "desc"):
        raise invalid_parameter("order", "order is not one of asc and desc.")
    if by not in keys:
        raise invalid_parameter("orderby", f"orderby is not one of {', '.join(keys)}.")
    found.sort(
        key=lambda n: (n.updated_at if by == "modified" else str(n.body.get(keys[by], "")), n.id),
        reverse=order == "desc",
    )
    return found


def show(site: "WordPress", call: Call, node: Node, context: str) -> Json:
    """The post as the API shows it; `raw` texts only in the context `edit`."""
    body, edit = node.body, context == "edit"
    own, here = status(node, site.clock.now), link(site, call, node)
    guid = f"{call.base}{site.prefix(call)}/?p={node.id}"

    def text(part: str, rendered: str, **more: Any) -> Json:
        return ({"raw": body[part]} if edit else {}) | {"rendered": rendered} | more

    content, modified = _paragraphs(body["content"]), _local(parse_instant(node.updated_at or iso(site.clock.now)))
    excerpt = body["excerpt"] or re.sub(r"<[^>]*>", "", body["content"])[:300]
    document = {
        "id": node.id, "date": body["date"], "date_gmt": body["date"], "guid": {"rendered": guid},
        "modified": modified, "modified_gmt": modified, "slug": body["slug"], "status": own, "type": "post",
        "link": here, "title": text("title", html.escape(body["title"], quote=False)),
        "content": text("content", content, protected=False),
        "excerpt": text("excerpt", f"<p>{html.escape(excerpt, quote=False)}</p>\n", protected=False),
        "author": body["author"], "featured_media": body["featured_media"], "comment_status": body["comment_status"],
        "ping_status": body["ping_status"], "sticky": body["sticky"], "template": "", "format": body["format"],
        "meta": body["meta"], "categories": body["categories"], "tags": body["tags"], "class_list": [],
    }  # fmt: skip
    if edit:
        home = f"{call.base}{site.prefix(call)}"
        document |= {
            "password": "",
            "permalink_template": f"{home}/%postname%/",
            "generated_slug": slugify(body["title"]),
        }
    api = f"{call.base}{site.prefix(call)}/wp-json/wp/v2/posts"
    document["_links"] = {"self": [{"href": f"{api}/{node.id}"}], "collection": [{"href": api}]}
    return document


def link(site: "WordPress", call: Call, node: Node) -> str:
    home = f"{call.base}{site.prefix(call)}"
    if status(node, site.clock.now) in ("publish", "private") and node.body["slug"]:
        return f"{home}/{node.body['slug']}/"
    return f"{home}/?p={node.id}"


def _paragraphs(text: str) -> str:
    """As `wpautop`: blank lines make paragraphs, unless the text is markup already."""
    if re.search(r"<(p|div|h[1-6]|ul|ol|blockquote|figure|!--)\b", text) or "<!--" in text:
        return text
    parts = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    return "".join(f"<p>{part.replace(chr(10), '<br />' + chr(10))}</p>\n" for part in parts)


def _local(moment: datetime) -> str:
    """2026-01-05T08:00:00, without an offset, as WordPress writes times."""
    return iso(moment.replace(microsecond=0)).removesuffix("Z")


def _bound(text: str, name: str) -> str:
    try:
        return _local(parse_instant(text))
    except ValueError:
        raise invalid_parameter(name, "Invalid date.") from None


def _ids(name: str, value: Any) -> list[int]:
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not all(re.fullmatch(r"\d{1,15}", str(item).strip(), re.A) for item in items):
        raise invalid_parameter(name, f"{name}[0] is not of type integer.")
    return [int(item) for item in items]


def _listed(text: str | None, have: list[int], wanted: bool) -> bool:
    """Whether any of `have` is in the list of ids, as `wanted`; True without a list."""
    return not text or any(str(id) in text.split(",") for id in have) == wanted
