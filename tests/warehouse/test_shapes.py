"""What `vars.channels` lists is what is declared: half a channel is named, with what is missing."""

import shutil

import pytest

from include.errors import FixDeclaration
from include.warehouse.shapes import PROJECT, SHAPES, absent_shapes, load_shapes

CHANNELS = ("crm", "email", "shop", "stores")
SHOP = "shop: [records, identifiers, orders, order_lines, interactions, carts]"


@pytest.fixture
def project(tmp_path):
    """A copy of what is looked at."""
    shutil.copytree(PROJECT / "models" / "staging", tmp_path / "models" / "staging")
    shutil.copyfile(PROJECT / "dbt_project.yml", tmp_path / "dbt_project.yml")
    return tmp_path


def change(project, old, new):
    file = project / "dbt_project.yml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_the_four_channels_give_every_shape_between_them():
    assert set(load_shapes()) == set(CHANNELS)
    assert absent_shapes() == ()


def test_shapes_that_no_channel_gives_are_absent_in_their_order(project):
    for channel in ("shop", "stores"):
        shutil.rmtree(project / "models" / "staging" / channel)
    change(project, f"    {SHOP}\n", "")
    change(project, "    stores: [records, identifiers, orders, order_lines, interactions, returns]\n", "")
    assert set(load_shapes(project, ("crm", "email"))) == {"crm", "email"}
    assert absent_shapes(project, ("crm", "email")) == ("orders", "order_lines", "returns", "carts")


@pytest.mark.parametrize(
    ("old", "new", "declared", "said"),
    [
        (SHOP, SHOP, ("crm", "email", "stores"), "vars.channels.shop: there is no include/channels/shop.yml"),
        (f"    {SHOP}\n", "", CHANNELS, "vars.channels: there is include/channels/shop.yml, and shop is not"),
        (f"    {SHOP}\n", "", ("crm", "email", "stores"), "models/staging/shop: there is no channel shop"),
        ("orders, order_lines, interactions, carts", "order, order_lines, interactions, carts", CHANNELS,
         "vars.channels.shop: no shape is called 'order' .did you mean orders"),
        ("interactions, carts]", "interactions]", CHANNELS,
         "vars.channels.shop: carts is missing here, though there is .*stg_shop__carts.sql"),
        ("interactions, carts]", "interactions, carts, consents]", CHANNELS,
         "vars.channels.shop: there is no dbt_project/models/staging/shop/stg_shop__consents.sql"),
        (SHOP, "shop: records", CHANNELS, "vars.channels.shop: a list of shapes"),
    ],
)  # fmt: skip
def test_half_a_channel_is_named(project, old, new, declared, said):
    change(project, old, new)
    with pytest.raises(FixDeclaration, match=said):
        load_shapes(project, declared)


def test_all_that_is_wrong_is_said_at_once_with_file_and_line(project):
    change(project, f"    {SHOP}\n", "    shops: [records]\n")
    with pytest.raises(FixDeclaration) as caught:
        load_shapes(project, CHANNELS)
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert all(line.startswith("dbt_project.yml, line ") for line in lines)


def test_a_project_without_a_list_is_a_mistake(project):
    (project / "dbt_project.yml").write_text("name: omnichannel\n")
    with pytest.raises(FixDeclaration, match="a mapping of channels to their shapes"):
        load_shapes(project, CHANNELS)
    assert len(set(SHAPES)) == 11
