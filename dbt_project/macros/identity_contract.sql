{#
    Connected components of `edges` (a, b: integers) by contraction: each round maps every node to its smallest
    neighbour, folds that into the running map, and goes on with what is left of the edges. Opens after a
    CTE list; gives CTE `contracted` (node, component: the smallest node). Rounds left over are caught by the
    test identity_leaves_no_edge.
#}
{% macro contract(edges) -%}
edges_0 as (

    select distinct
        greatest(a, b) as u,
        least(a, b) as v
    from {{ edges }}
    where a <> b

),
{% for i in range(1, var('identity_rounds') + 1) %}
nearest_{{ i }} as (

    select
        a as node,
        min(b) as component
    from (
        select u as a, v as b from edges_{{ i - 1 }}
        union all
        select v as a, u as b from edges_{{ i - 1 }}
    ) as both_ways
    group by a
    having min(b) < a

),

edges_{{ i }} as (

    select distinct
        greatest(x, y) as u,
        least(x, y) as v
    from (
        select
            coalesce(p.component, e.u) as x,
            coalesce(q.component, e.v) as y
        from edges_{{ i - 1 }} as e
        left join nearest_{{ i }} as p on e.u = p.node
        left join nearest_{{ i }} as q on e.v = q.node
    ) as mapped
    where x <> y

),
{% endfor %}
contracted_0 as (

    select u as node, u as component from edges_0
    union
    select v as node, v as component from edges_0

),
{% for i in range(1, var('identity_rounds') + 1) %}
contracted{{ '' if loop.last else '_' ~ i }} as (

    select
        c.node,
        coalesce(n.component, c.component) as component
    from contracted_{{ i - 1 }} as c
    left join nearest_{{ i }} as n on c.component = n.node

){{ '' if loop.last else ',' }}
{% endfor %}
{%- endmacro %}
