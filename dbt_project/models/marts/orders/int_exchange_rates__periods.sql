-- grain: one row per foreign currency and day from which its rate holds
with

rates as (

    select
        valid_from,
        {{ normalise_currency('currency') }} as currency,
        rate
    from {{ ref('exchange_rates') }}

),

-- a seed that gives the company's own currency another rate than 1 is in another company's currency
own_currency as (

    select count(*) as count_wrong
    from rates
    where
        currency = '{{ var("currency") }}'
        and rate <> 1

)

select
    rates.currency,
    rates.valid_from,
    lead(rates.valid_from) over (
        partition by rates.currency order by rates.valid_from
    ) as valid_until,
    rates.rate
from rates
cross join own_currency
where
    rates.currency <> '{{ var("currency") }}'
    and own_currency.count_wrong = 0
