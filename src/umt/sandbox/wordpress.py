"""WordPress REST API: posts, categories, tags, the current user, and the published pages ("REST API Handbook").

A site lives under `/sites/{site}`; the root is the site named "" (shown as `default` in the ledger). Sites are in UTC,
so `date` equals `date_gmt`. Authentication is HTTP Basic with an application password.
"""

import html
import re
from base64 import b64decode

from umt.sandbox import wordpress_post as posts
from umt.sandbox.clock import Clock, iso
from umt.sandbox.ledger import change
from umt.sandbox.store import Node, Store
from umt.sandbox.wire import Call, Effect, Json, Refusal, Reply, Route
from umt.sandbox.wordpress_rest import HTML, collection, error, html_page, invalid_parameter, only, refuse, slugify

ROOT_SITE = "default"
TAXONOMIES = {"categories": "category", "tags": "tag"}


class WordPress:
    """Any number of sites."""

    name = "wordpress"

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock
        site = r"(?:/sites/(?P<account>[A-Za-z0-9._-]{1,100}))?"
        api = site + r"/wp-json/wp/v2"
        self.routes = [
            Route("GET|HEAD", site + r"/wp-json/?", self.index),
            Route("GET", api + r"/users/me", self.me),
            Route("GET|HEAD", api + r"/posts", self.list_posts),
            Route("POST", api + r"/posts", self.create_post),
            Route("GET|HEAD", api + r"/posts/(?P<id>\d{1,15})", self.read_post),
            Route("POST|PUT|PATCH", api + r"/posts/(?P<id>\d{1,15})", self.update_post),
            Route("DELETE", api + r"/posts/(?P<id>\d{1,15})", self.delete_post),
            Route("GET|HEAD", api + r"/(?P<taxonomy>categories|tags)", self.list_terms),
            Route("POST", api + r"/(?P<taxonomy>categories|tags)", self.create_term),
            Route("GET", api + r"/(?P<taxonomy>categories|tags)/(?P<id>\d{1,15})", self.read_term),
            Route("GET|HEAD", site + r"/?(?P<slug>[^/]*)/?", self.page),
        ]

    def owns(self, path: str) -> bool:
        return path.startswith(("/wp-json", "/sites/")) or path.count("/") <= 2

    def unknown(self, call: Call) -> Reply:
        if "/wp-json" in call.path:
            return error("rest_no_route", "No route was found matching the URL and request method.", 404)
        return Reply(
            404, html_page("Page not found", "<p>It looks like nothing was found here.</p>"), content_type=HTML
        )

    def rate_limited(self, call: Call) -> Reply:
        """WordPress itself has no limit; hosts and security plugins answer 429 with Retry-After."""
        reply = error("rest_too_many_requests", "Too many requests. Please slow down.", 429)
        reply.headers["Retry-After"] = "1"
        return reply

    def unavailable(self, call: Call, status: int) -> Reply:
        if status == 500:
            message = "There has been a critical error on this website."
            return error("internal_server_error", f"<p>{message}</p>", 500, error=None)
        return Reply(status, html_page("Service unavailable", "<p>Briefly unavailable for scheduled maintenance.</p>"),
                     {"Retry-After": "1"}, content_type=HTML)  # fmt: skip

    def finish(self, call: Call, reply: Reply) -> None:
        if "/wp-json" in call.path:
            root = call.base + self.prefix(call)
            reply.headers.setdefault("Link", f'<{root}/wp-json/>; rel="https://api.w.org/"')
            reply.headers |= {"X-Robots-Tag": "noindex", "X-Content-Type-Options": "nosniff"}
            reply.headers["Access-Control-Expose-Headers"] = "X-WP-Total, X-WP-TotalPages, Link"

    def index(self, call: Call) -> Reply:
        self._enter(call)
        home = call.base + self.prefix(call)
        return Reply(200, {
            "name": call.account, "description": "", "url": home, "home": home, "gmt_offset": "0",
            "timezone_string": "UTC", "namespaces": ["oembed/1.0", "wp/v2"],
            "authentication": {"application-passwords": {
                "endpoints": {"authorization": f"{home}/wp-admin/authorize-application.php"}}},
        })  # fmt: skip

    def me(self, call: Call) -> Reply:
        user = self._enter(call)
        if user is None:
            raise refuse("rest_not_logged_in", "You are not currently logged in.", 401)
        return Reply(200, {
            "id": 1, "name": user, "url": "", "description": "", "link": f"{call.base}{self.prefix(call)}/author/1/",
            "slug": slugify(user), "roles": ["editor"], "capabilities": {"edit_posts": True, "publish_posts": True},
        })  # fmt: skip

    def create_post(self, call: Call) -> Reply:
        user = self._enter(call)
        parameters = self._parameters(call)
        call.kind, call.reference = "post", str(parameters.get("slug") or posts.raw(parameters.get("title")))
        if user is None:
            raise refuse("rest_cannot_create", "Sorry, you are not allowed to create posts as this user.", 401)
        if parameters.get("id"):
            raise refuse("rest_post_exists", "Cannot create existing post.", 400)
        node = Node(self.name, call.account, "post", 0, "")
        asked = posts.apply(self, node, parameters)
        if not any(node.body[part] for part in ("title", "content", "excerpt")):
            raise refuse("empty_content", "Content, title, and excerpt are empty.", 400)
        node.id = self.store.next(f"wordpress {call.account}")
        posts.settle_slug(self, node)
        self.store.insert(node, iso(self.clock.now))
        call.reference = asked or node.body["title"]
        keys = (f"text {posts.digest(node)}", *([f"slug {asked}"] if asked else []))
        call.changed(Effect("create", "post", call.account, call.reference, str(node.id), keys))
        link = f"{call.base}{self.prefix(call)}/wp-json/wp/v2/posts/{node.id}"
        return Reply(201, posts.show(self, call, node, "edit"), {"Location": link})

    def update_post(self, call: Call) -> Reply:
        user = self._enter(call)
        parameters = self._parameters(call)
        node = self._post(call)
        if user is None:
            raise refuse("rest_cannot_edit", "Sorry, you are not allowed to edit this post.", 401)
        posts.apply(self, node, parameters)
        posts.settle_slug(self, node)
        self.store.save(node, iso(self.clock.now))
        call.changed(change("update", node))
        return Reply(200, posts.show(self, call, node, "edit"))

    def read_post(self, call: Call) -> Reply:
        user = self._enter(call)
        node = self._post(call)
        context = self._context(call, user)
        if user is None and posts.status(node, self.clock.now) != "publish":
            raise refuse("rest_forbidden", "Sorry, you are not allowed to do that.", 401)
        return Reply(200, only(call, posts.show(self, call, node, context)))

    def delete_post(self, call: Call) -> Reply:
        user = self._enter(call)
        node = self._post(call)
        if user is None:
            raise refuse("rest_cannot_delete", "Sorry, you are not allowed to delete this post.", 401)
        call.changed(change("delete", node))
        if call.query.get("force") in ("true", "1"):
            previous = posts.show(self, call, node, "edit")
            self.store.delete(node)
            return Reply(200, {"deleted": True, "previous": previous})
        if node.body["status"] == "trash":
            raise refuse("rest_already_trashed", "The post has already been deleted.", 410)
        node.body["status"] = "trash"
        node.body["slug"] = node.name = f"{node.body['slug']}__trashed"
        self.store.save(node, iso(self.clock.now))
        return Reply(200, posts.show(self, call, node, "edit"))

    def list_posts(self, call: Call) -> Reply:
        user = self._enter(call)
        context = self._context(call, user)
        found = posts.select(self, call, user is not None)
        return collection(call, [posts.show(self, call, node, context) for node in found], "post")

    def list_terms(self, call: Call) -> Reply:
        self._enter(call)
        kind = TAXONOMIES[call.params["taxonomy"]]
        terms = self.store.nodes(self.name, kind, call.account)
        if slug := call.query.get("slug"):
            terms = [term for term in terms if term.body["slug"] in slug.split(",")]
        if search := call.query.get("search", "").lower():
            terms = [term for term in terms if search in term.body["name"].lower()]
        return collection(call, [self._term(call, term) for term in terms], "term")

    def read_term(self, call: Call) -> Reply:
        self._enter(call)
        node = self.store.node(self.name, int(call.params["id"]), call.account)
        if node is None or node.kind != TAXONOMIES[call.params["taxonomy"]]:
            raise refuse("rest_term_invalid", "Term does not exist.", 404)
        return Reply(200, self._term(call, node))

    def create_term(self, call: Call) -> Reply:
        user = self._enter(call)
        parameters = self._parameters(call)
        kind = call.kind = TAXONOMIES[call.params["taxonomy"]]
        name = call.reference = str(parameters.get("name") or "").strip()
        if user is None:
            raise refuse("rest_cannot_create", "Sorry, you are not allowed to create terms in this taxonomy.", 401)
        if not name:
            raise refuse("rest_missing_callback_param", "Missing parameter(s): name", 400, params=["name"])
        slug = slugify(str(parameters.get("slug") or name))
        if same := [term for term in self.store.nodes(self.name, kind, call.account) if term.body["slug"] == slug]:
            message = "A term with the name provided already exists with this parent."
            raise refuse("term_exists", message, 400, term_id=same[0].id)
        node = Node(self.name, call.account, kind, self.store.next(f"wordpress {call.account}"), name)
        node.body = {"name": name, "slug": slug, "description": str(parameters.get("description") or "")}
        self.store.insert(node, iso(self.clock.now))
        call.changed(change("create", node))
        return Reply(201, self._term(call, node))

    def page(self, call: Call) -> Reply:
        """The public face: a published post at its link, or the list of posts at the site's root."""
        call.account = self._site(call)
        slug, by_id = call.params["slug"], call.query.get("p", "")
        published = [
            node for node in self.store.nodes(self.name, "post", call.account)
            if posts.status(node, self.clock.now) == "publish"
        ]  # fmt: skip
        if not slug and not by_id:
            items = "".join(
                f'<li><a href="{html.escape(posts.link(self, call, node))}">{html.escape(node.body["title"])}</a></li>'
                for node in reversed(published)
            )
            return Reply(200, html_page(call.account, f"<ul>{items}</ul>"), content_type=HTML)
        for node in published:
            if node.body["slug"] == slug if slug else str(node.id) == by_id:
                paragraphs = (html.escape(part) for part in re.split(r"\n{2,}", node.body["content"]))
                text = "".join(f"<p>{part}</p>" for part in paragraphs)
                return Reply(200, html_page(node.body["title"], text), content_type=HTML)
        raise Refusal(self.unknown(call))

    def prefix(self, call: Call) -> str:
        """The site's path: empty for the root site."""
        match = re.match(r"/sites/[^/]+", call.path)
        return match[0] if match else ""

    def _site(self, call: Call) -> str:
        return call.params.get("account") or ROOT_SITE

    def _enter(self, call: Call) -> str | None:
        """The user, or None without credentials. A password that begins with "expired" is refused."""
        call.account = self._site(call)
        self.store.currency(self.name, call.account)
        scheme, _, credentials = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = b64decode(credentials, validate=True).decode().partition(":")
        except ValueError:
            user = password = ""
        if not user:
            raise refuse("invalid_username", "Unknown username. Check again or try your email address.", 401)
        if not password or password.startswith("expired"):
            message = "The provided password is an invalid application password."
            raise refuse("incorrect_password", message, 401)
        return user

    def _parameters(self, call: Call) -> Json:
        try:
            return call.query | call.form()
        except ValueError:
            more = {"json_error_code": 4, "json_error_message": "Syntax error"}
            raise refuse("rest_invalid_json", "Invalid JSON body passed.", 400, **more) from None

    def _post(self, call: Call) -> Node:
        node = self.store.node(self.name, int(call.params["id"]), call.account)
        call.kind = "post"
        if node is None or node.kind != "post":
            raise refuse("rest_post_invalid_id", "Invalid post ID.", 404)
        call.reference = node.name or node.body["title"]
        return node

    def _context(self, call: Call, user: str | None) -> str:
        context = call.query.get("context", "view")
        if context not in ("view", "embed", "edit"):
            raise invalid_parameter("context", "context is not one of view, embed, and edit.")
        if context == "edit" and user is None:
            message = "Sorry, you are not allowed to edit posts in this post type."
            raise refuse("rest_forbidden_context", message, 401)
        return context

    def _term(self, call: Call, node: Node) -> Json:
        taxonomy = "category" if node.kind == "category" else "post_tag"
        plural = "categories" if node.kind == "category" else "tags"
        used = sum(node.id in post.body[plural] for post in self.store.nodes(self.name, "post", node.account))
        link = f"{call.base}{self.prefix(call)}/{node.kind}/{node.body['slug']}/"
        return {"id": node.id, "count": used, **node.body, "link": link, "taxonomy": taxonomy, "meta": []}
