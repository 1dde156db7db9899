"""WordPress REST API: posts from draft to trash, lists, terms, users, and refusals."""

import httpx
import pytest
from tests.integration.sandbox.kit import AUTHOR, Outside

POSTS = "/wp-json/wp/v2/posts"


def test_a_published_post_is_read_at_its_link(outside: Outside) -> None:
    reply = outside.http.post(
        POSTS,
        auth=AUTHOR,
        json={"title": "Rose & <i>Thorn</i>", "content": "<script>alert(1)</script>", "status": "publish"},
    )
    post = reply.json()
    assert reply.status_code == 201
    assert reply.headers["Location"].endswith(f"{POSTS}/{post['id']}")
    assert (post["slug"], post["status"], post["type"]) == ("rose-thorn", "publish", "post")
    assert (post["title"]["raw"], post["date"]) == ("Rose & <i>Thorn</i>", "2026-01-05T08:00:00")
    page = httpx.get(post["link"])
    assert page.headers["content-type"].startswith("text/html")
    assert "&lt;script&gt;" in page.text
    assert "<script>" not in page.text


def test_a_taken_slug_gets_a_suffix_and_each_site_its_own(outside: Outside) -> None:
    fields = {"title": "Same", "slug": "same", "status": "publish", "content": "x"}
    slugs = [outside.post(f"/sites/a{POSTS}", auth=AUTHOR, json=fields)["slug"] for _ in range(3)]
    assert slugs == ["same", "same-2", "same-3"]
    other = outside.post(f"/sites/b{POSTS}", auth=AUTHOR, json=fields)
    assert other["slug"] == "same"
    assert other["link"] == f"{outside.url}/sites/b/same/"


def test_a_draft_is_edited_published_and_trashed(outside: Outside) -> None:
    site = f"/sites/c{POSTS}"
    draft = outside.post(site, auth=AUTHOR, json={"title": "One", "content": "words", "slug": "one"})
    assert (draft["status"], draft["link"]) == ("draft", f"{outside.url}/sites/c/?p={draft['id']}")
    assert outside.http.get(f"{site}/{draft['id']}").status_code == 401

    for method in ("PUT", "POST"):
        reply = outside.http.request(method, f"{site}/{draft['id']}", auth=AUTHOR, json={"status": "publish"})
        assert (reply.status_code, reply.json()["status"]) == (200, "publish")
    shown = outside.get(f"{site}/{draft['id']}")
    assert "raw" not in shown["title"]
    assert outside.get(f"{site}/{draft['id']}", params={"context": "edit"}, auth=AUTHOR)["content"]["raw"] == "words"

    assert outside.http.delete(f"{site}/{draft['id']}", auth=AUTHOR).json()["status"] == "trash"
    assert outside.http.delete(f"{site}/{draft['id']}", auth=AUTHOR).json()["code"] == "rest_already_trashed"
    gone = outside.http.delete(f"{site}/{draft['id']}", params={"force": "true"}, auth=AUTHOR).json()
    assert (gone["deleted"], gone["previous"]["id"]) == (True, draft["id"])
    assert outside.http.get(f"{site}/{draft['id']}", auth=AUTHOR).status_code == 404


def test_lists_are_found_searched_and_paged(outside: Outside) -> None:
    site = f"/sites/d{POSTS}"
    for n in range(5):
        outside.post(
            site, auth=AUTHOR, json={"title": f"Post {n}", "content": "apple" if n % 2 else "pear", "status": "publish"}
        )
    outside.post(site, auth=AUTHOR, json={"title": "Hidden", "content": "apple", "slug": "hidden"})

    reply = outside.http.get(site, params={"per_page": 2, "page": 2, "_fields": "id,slug"})
    assert [post["slug"] for post in reply.json()] == ["post-2", "post-1"]
    assert (reply.headers["X-WP-Total"], reply.headers["X-WP-TotalPages"]) == ("5", "3")
    assert {link["rel"]: link["url"] for link in reply.links.values()}.keys() == {"prev", "next"}
    assert [post["slug"] for post in outside.get(reply.links["next"]["url"])] == ["post-0"]

    assert len(outside.get(site, params={"search": "apple"})) == 2
    assert outside.get(site, params={"slug": "hidden"}) == []
    assert len(outside.get(site, params={"slug": "hidden", "status": "any"}, auth=AUTHOR)) == 1
    assert outside.http.get(site, params={"page": 9}).json()["code"] == "rest_post_invalid_page_number"
    assert outside.http.get(site, params={"per_page": 101}).json()["code"] == "rest_invalid_param"
    assert outside.http.get(site, params={"status": "draft"}).status_code == 401


def test_terms_and_the_user(outside: Outside) -> None:
    api = "/sites/e/wp-json/wp/v2"
    news = outside.post(f"{api}/categories", auth=AUTHOR, json={"name": "News"})
    tag = outside.post(f"{api}/tags", auth=AUTHOR, json={"name": "Spring Sale"})
    assert (news["taxonomy"], tag["slug"]) == ("category", "spring-sale")
    reply = outside.http.post(f"{api}/tags", auth=AUTHOR, json={"name": "Spring Sale"})
    assert (reply.json()["code"], reply.json()["data"]["term_id"]) == ("term_exists", tag["id"])
    fields = {"title": "T", "categories": [news["id"]], "tags": [tag["id"]], "status": "publish"}
    post = outside.post(f"{api}/posts", auth=AUTHOR, json=fields)
    assert [p["id"] for p in outside.get(f"{api}/posts", params={"tags": tag["id"]})] == [post["id"]]
    assert outside.get(f"{api}/users/me", auth=AUTHOR)["name"] == "author"


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "code"),
    [
        ("POST", POSTS, {"json": {"title": "x"}}, 401, "rest_cannot_create"),
        ("POST", POSTS, {"json": {"title": "x"}, "auth": ("author", "expired pass")}, 401, "incorrect_password"),
        ("POST", POSTS, {"json": {}, "auth": AUTHOR}, 400, "empty_content"),
        ("POST", POSTS, {"json": {"title": "x", "status": "live"}, "auth": AUTHOR}, 400, "rest_invalid_param"),
        ("POST", POSTS, {"json": {"title": "x", "date": "soon"}, "auth": AUTHOR}, 400, "rest_invalid_param"),
        ("POST", POSTS, {"json": {"title": "x", "tags": [7]}, "auth": AUTHOR}, 400, "rest_invalid_term_id"),
        ("POST", POSTS, {"content": b"{", "headers": {"Content-Type": "application/json"}, "auth": AUTHOR}, 400, "rest_invalid_json"),
        ("GET", f"{POSTS}/777", {}, 404, "rest_post_invalid_id"),
        ("GET", f"{POSTS}?context=edit", {}, 401, "rest_forbidden_context"),
        ("GET", "/wp-json/wp/v2/nonsense", {}, 404, "rest_no_route"),
        ("GET", "/wp-json/wp/v2/users/me", {}, 401, "rest_not_logged_in"),
        ("GET", "/wp-json", {"headers": {"Authorization": "Basic !"}}, 401, "invalid_username"),
    ],
)  # fmt: skip
def test_refusals_are_wordpress_own(
    outside: Outside, method: str, path: str, more: dict[str, object], status: int, code: str
) -> None:
    reply = outside.http.request(method, path, **more)  # type: ignore[arg-type]
    assert (reply.status_code, reply.json()["code"], reply.json()["data"]["status"]) == (status, code, status)


def test_a_post_of_the_future_is_published_by_the_clock(outside: Outside) -> None:
    site = f"/sites/f{POSTS}"
    post = outside.post(
        site, auth=AUTHOR, json={"title": "Soon", "status": "publish", "date_gmt": "2026-01-06T00:00:00"}
    )
    assert post["status"] == "future"
    assert outside.get(site) == []
    outside.advance_to("2026-01-06T00:00:00Z")
    assert [shown["slug"] for shown in outside.get(site)] == ["soon"]
