from tests.console.world import World


def test_programs_find_a_description_of_every_address(world: World) -> None:
    description = world.signed_in().get("/openapi.json").json()
    paths = description["paths"]
    assert {"/hits", "/hits/{hit_id}", "/hits/{hit_id}/decisions", "/reports", "/sources", "/healthz"} <= set(paths)
    body = paths["/hits/{hit_id}/decisions"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["to", "version"]
    parameters = {parameter["name"]: parameter["in"] for parameter in paths["/hits/{hit_id}"]["get"]["parameters"]}
    assert parameters.items() >= {"hit_id": "path", "q": "query", "status": "query", "at": "query"}.items()
    assert {"hits", "total", "facets"} <= set(description["components"]["schemas"]["QueueView"]["properties"])


def test_no_page_of_the_description_loads_scripts_from_elsewhere(world: World) -> None:
    client = world.signed_in()
    for address in ("/docs", "/redoc"):
        assert client.get(address).status_code == 404
