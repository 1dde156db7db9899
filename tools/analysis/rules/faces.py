"""What the rules on faces find, and what they let pass."""
# ruff: noqa

bare_router = APIRouter(tags=["accounts"])
router = APIRouter(tags=["accounts"], responses=FAILURES)


# ruleid: route-without-failures
@bare_router.get("/version", response_model=Version)
async def version(request):
    return Version()


# ok: route-without-failures
@bare_router.get("/keys", response_model=Keys, responses={503: FAILURES[503]})
async def keys(request):
    return Keys()


# ruleid: route-without-shape
@router.get("/accounts")
async def accounts(request):
    try:
        return work()
    except KeyError as error:
        # ruleid: inside-shown-outside
        return {"message": str(error)}
    except ValueError as error:
        # ruleid: inside-shown-outside
        raise Refused(f"It failed: {error}") from error


# ok: route-without-shape, route-without-failures
@router.get("/accounts/{id}", response_model=Account, summary="One")
async def account(id):
    try:
        return work()
    except Exception as error:
        # ok: inside-shown-outside
        return problem(error)


# ok: route-without-shape
@router.delete("/accounts/{id}", status_code=204)
async def remove(id):
    try:
        work()
    except InvalidValue as error:
        # ok: inside-shown-outside
        raise InvalidValue("id", str(error)) from error


hidden_router = APIRouter(include_in_schema=False)


# ok: route-without-shape
@hidden_router.get("/graphql")
async def graphql(request):
    return Response()


def failed(app):
    # ruleid: inside-shown-outside
    return JSONResponse({"trace": traceback.format_exc()}, 500)


def make():
    # ruleid: every-origin
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
    # ok: every-origin
    app.add_middleware(CORSMiddleware, allow_origins=settings.cors_origins)
