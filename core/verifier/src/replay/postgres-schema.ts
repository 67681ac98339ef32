import { ConfigError } from '../config-error.js'
import { LONGEST_LIFE } from './replay-store.js'

/** Advisory locks of ours: of an owner, of the sweep. */
const OWNER_LOCK = 1_166_239_841
const SWEEP_LOCK = 1_166_239_842

/**
 * The table and the two functions of a replay store, to be run once, and again after an update, by a role that may create them.
 * The instances need no more than `usage` on the schema, `execute` on the functions and select, insert, update, delete on the table.
 *
 * The row with the empty id is the marker: in which life of the server the memory began (`life`), since when it remembers (`since`),
 * and up to which second rows were swept (`until`). It lies in the table that it speaks for: whatever empties that takes it along.
 *
 * A row with a `span` says of a kind (`owner`) for how many seconds what was spent is remembered after it was made, and when the latest
 * of it was made (`since`): an instance that lets proofs live longer refuses what one with a shorter memory may have spent.
 */
export function postgresReplaySchema(schema = 'everyhop'): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw new ConfigError('config.replay-store', 'the schema must be a plain name: a-z, 0-9, _')
  return `
select pg_advisory_xact_lock(${SWEEP_LOCK}, 1);
create schema if not exists ${schema};
create table if not exists ${schema}.spent (
  id bytea primary key,
  until bigint not null,
  owner bytea,
  life text,
  since bigint,
  span bigint
);
create index if not exists spent_until on ${schema}.spent (until) where id <> ''::bytea;
create index if not exists spent_owner on ${schema}.spent (owner, until) where owner is not null;

create or replace function ${schema}.spend(
  this_id bytea, last bigint, earliest double precision, caller double precision,
  difference double precision, this_owner bytea, owner_lock integer, owner_limit integer,
  this_made bigint, this_kind bytea
) returns text language plpgsql as $$
declare
  clock double precision;
  here constant text := extract(epoch from pg_postmaster_start_time())::text;
  marker ${schema}.spent%rowtype;
  begun boolean := false;
  this_span constant bigint := floor(last + difference) - this_made;
  may_forget boolean;
  is_kept boolean;
begin
  if pg_is_in_recovery() then return 'not-primary'; end if;
  -- Each statement below has to see what was committed before it.
  if current_setting('transaction_isolation') <> 'read committed' then return 'isolation'; end if;
  if current_setting('synchronous_commit') = 'off' then perform set_config('synchronous_commit', 'on', true); end if;
  if this_owner is not null then perform pg_advisory_xact_lock(${OWNER_LOCK}, owner_lock); end if;
  clock := extract(epoch from clock_timestamp());
  if not coalesce(abs(caller - clock) <= difference, false) then return 'clocks-differ'; end if;

  select * into marker from ${schema}.spent where id = ''::bytea;
  if marker.life is distinct from here then
    insert into ${schema}.spent as old (id, until, life, since)
      values (''::bytea, 0, here, ceil(greatest(clock, coalesce(marker.until, 0)) + difference) + 1)
      on conflict (id) do update set life = excluded.life, since = excluded.since where old.life is distinct from excluded.life;
    begun := found;
    select * into marker from ${schema}.spent where id = ''::bytea;
  end if;
  if this_id = ''::bytea then return 'ready'; end if;
  if last + difference < clock then return 'over'; end if;
  if begun then return 'lost'; end if;

  if exists (select from ${schema}.spent where id = this_id and until >= clock - difference) then return 'spent'; end if;
  -- A clock that was set back: what was over, and swept, is not over any more.
  if not coalesce(earliest >= marker.since and last >= marker.until and this_span >= 0, false) then return 'forgotten'; end if;
  select bool_or(clock > this_made + span), bool_or(span = this_span) into may_forget, is_kept
    from ${schema}.spent where owner = this_kind and since >= this_made;
  if may_forget then return 'forgotten'; end if;
  if this_owner is not null then
    if (select count(*) from (
      select from ${schema}.spent where owner = this_owner and until >= clock - difference limit owner_limit
    ) as live) >= owner_limit then return 'limit'; end if;
  end if;

  insert into ${schema}.spent as old (id, until, owner) values (this_id, last, this_owner)
    on conflict (id) do update set until = excluded.until, owner = excluded.owner where old.until < clock - difference;
  if not found then return 'spent'; end if;
  if is_kept is not true then
    insert into ${schema}.spent as old (id, until, owner, since, span)
      values (this_kind || int8send(this_span), this_made + ${LONGEST_LIFE}, this_kind, this_made, this_span)
      on conflict (id) do update set until = excluded.until, since = excluded.since where old.since < excluded.since;
  end if;
  -- What was deleted since the marker was read may be this very id: then the marker is gone as well.
  if not exists (select from ${schema}.spent where id = ''::bytea and life = here) then raise exception 'the memory was lost meanwhile'; end if;
  return 'fresh';
end $$;

create or replace function ${schema}.sweep(difference double precision, batch integer) returns integer language plpgsql as $$
declare
  over constant bigint := floor(extract(epoch from clock_timestamp()) - difference);
  swept integer;
begin
  if not pg_try_advisory_xact_lock(${SWEEP_LOCK}, 2) then return 0; end if;
  update ${schema}.spent set until = over where id = ''::bytea and until < over;
  delete from ${schema}.spent where ctid = any (array(
    select ctid from ${schema}.spent where id <> ''::bytea and until < over limit batch for update skip locked
  ));
  get diagnostics swept = row_count;
  return swept;
end $$;
`
}
