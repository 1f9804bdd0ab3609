{# A currency as ISO 4217 writes it: blanks and unseen marks around it removed, in capitals. #}
{% macro normalise_currency(currency) -%}
    upper(regexp_replace({{ currency }}, '^[\s\p{Z}\p{C}]+|[\s\p{Z}\p{C}]+$', '', 'g'))
{%- endmacro %}

{#
    What one unit of `currency` is worth in the company's; null where no rate is known. `rates` is the alias of
    int_exchange_rates__periods, joined by `rate_applies`. The company's own currency needs no rate.
#}
{% macro exchange_rate(currency, rates) -%}
    case
        when {{ currency }} = '{{ var("currency") }}' then cast(1 as decimal(18, 10))
        else {{ rates }}.rate
    end
{%- endmacro %}

{# On what rates are joined: the newest one that is not after `day`. #}
{% macro rate_applies(rates, currency, day) -%}
    {{ currency }} = {{ rates }}.currency
    and {{ day }} >= {{ rates }}.valid_from
    and ({{ rates }}.valid_until is null or {{ day }} < {{ rates }}.valid_until)
{%- endmacro %}

{#
    An amount in the company's currency, rounded half away from zero; null where no rate is known, or where it is
    beyond any money: a line of a million times a million pounds is too much for a company that counts in yen.
#}
{% macro in_company_currency(amount, rate) -%}
    {#- wide on purpose: two narrow decimals are multiplied in 64 bits, which overflow at a million -#}
    try_cast(round(cast({{ amount }} as decimal(28, 4)) * {{ rate }}, 4) as decimal(18, 4))
{%- endmacro %}
