/** This worker reaches the host of a turn, and no other run has it open. */
const SUITS = `(sites IS NULL OR site = '' OR site = ANY (sites))
            AND NOT EXISTS (SELECT FROM runbook.turns AS other WHERE other.host = turns.host AND other.host <> ''
              AND other.state = 'open')`

/** Tables and functions by which workers share runs. */
export const FLEET_TABLES = `
  CREATE TABLE runbook.orders (
    run text PRIMARY KEY,
    submission uuid NOT NULL,
    phase text NOT NULL,
    halted text,
    at_once integer NOT NULL,
    per_domain integer, -- hosts of one failure domain that may be open; null: no such limit
    yes boolean NOT NULL,
    skip_unready boolean NOT NULL,
    only_hosts text[],
    budget integer NOT NULL DEFAULT 0
  );
  CREATE TABLE runbook.workers (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    sites text[], -- null: all
    lease interval NOT NULL,
    until timestamptz NOT NULL
  );
  CREATE TABLE runbook.turns (
    run text,
    host text, -- empty: the conducting of the run
    place integer NOT NULL,
    site text NOT NULL,
    domain text NOT NULL,
    batch integer,
    state text NOT NULL, -- waiting, ready, open, over
    failed boolean NOT NULL DEFAULT false,
    worker uuid, -- of an open turn; null: somebody left it half-done
    PRIMARY KEY (run, host)
  ) WITH (fillfactor = 70);
  CREATE UNIQUE INDEX one_run_per_host ON runbook.turns (host) WHERE state = 'open' AND host <> '';
  -- A claim looks at what is open and at the head of each line, however many turns a run has.
  CREATE INDEX turns_open ON runbook.turns (run) WHERE state = 'open';
  CREATE INDEX turns_failed ON runbook.turns (run) WHERE failed;
  CREATE INDEX turns_to_conduct ON runbook.turns (run) WHERE host = '' AND state IN ('ready', 'open');
  CREATE INDEX turns_in_line ON runbook.turns (run, place) WHERE state = 'ready' AND host <> '';
  CREATE INDEX turns_of_domain ON runbook.turns (run, domain, place) WHERE state = 'ready' AND host <> '';
  CREATE TABLE runbook.domains (run text, domain text, PRIMARY KEY (run, domain));

  -- A server that was away could not be asked for a new lease: none ends before one could have been renewed.
  CREATE FUNCTION runbook.lives(until timestamptz, lease interval) RETURNS boolean LANGUAGE sql STABLE AS $lives$
    SELECT greatest(until, pg_postmaster_start_time() + lease) > clock_timestamp()
  $lives$;

  CREATE FUNCTION runbook.submit(given json, hosts json) RETURNS boolean LANGUAGE plpgsql AS $submit$
  DECLARE
    new_run text := given ->> 'run';
    before runbook.orders;
  BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('runbook.turns'));
    SELECT * INTO before FROM runbook.orders WHERE run = new_run;
    IF before.submission = (given ->> 'submission')::uuid THEN RETURN true; END IF;
    IF before.phase <> 'over' THEN RETURN false; END IF;
    DELETE FROM runbook.orders WHERE run = new_run;
    INSERT INTO runbook.orders (run, submission, phase, at_once, per_domain, yes, skip_unready, only_hosts)
      SELECT new_run, (given ->> 'submission')::uuid, given ->> 'phase', (given ->> 'atOnce')::integer,
        (given ->> 'perDomain')::integer, (given ->> 'yes')::boolean, (given ->> 'skipUnready')::boolean,
        CASE json_typeof(given -> 'only') WHEN 'array'
          THEN ARRAY(SELECT json_array_elements_text(given -> 'only')) END;
    INSERT INTO runbook.turns (run, host, place, site, domain, state)
      SELECT new_run, host, place, site, domain, CASE WHEN asked THEN 'ready' ELSE 'over' END
      FROM json_to_recordset(hosts) AS one (host text, place integer, site text, domain text, asked boolean)
      ON CONFLICT (run, host) DO UPDATE SET place = excluded.place, state = excluded.state, failed = false, batch = NULL,
        worker = NULL;
    INSERT INTO runbook.domains SELECT DISTINCT run, domain FROM runbook.turns WHERE run = new_run AND host <> ''
      ON CONFLICT DO NOTHING;
    RETURN true;
  END $submit$;

  CREATE FUNCTION runbook.line(given text, batches json, most_failed integer) RETURNS void LANGUAGE plpgsql AS $line$
  BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('runbook.turns'));
    UPDATE runbook.orders SET phase = 'go', budget = most_failed WHERE run = given AND phase = 'approve';
    IF NOT FOUND THEN RETURN; END IF;
    UPDATE runbook.turns SET state = 'waiting', batch = number, place = nth, failed = false
      FROM (SELECT batch.number, host, row_number() OVER (ORDER BY batch.number, one.number) AS nth
        FROM json_array_elements(batches) WITH ORDINALITY AS batch (hosts, number),
          json_array_elements_text(batch.hosts) WITH ORDINALITY AS one (host, number)) AS lined
      WHERE turns.run = given AND turns.host = lined.host;
  END $line$;

  CREATE FUNCTION runbook.claim(me uuid, most integer, unfit text[]) RETURNS json LANGUAGE plpgsql AS $claim$
  DECLARE
    mine runbook.workers;
    free integer;
  BEGIN
    -- One claim at a time: what one counts no other changes.
    PERFORM pg_advisory_xact_lock(hashtext('runbook.turns'));
    SELECT * INTO mine FROM runbook.workers WHERE id = me;
    IF NOT FOUND OR NOT runbook.lives(mine.until, mine.lease) THEN RETURN '[]'; END IF;

    SELECT most - count(*) INTO free FROM runbook.turns WHERE worker = me AND state = 'open' AND host <> '';
    UPDATE runbook.turns SET worker = me, state = 'open' WHERE state IN ('ready', 'open') AND host = ''
      AND run <> ALL (unfit) AND (worker IS NULL OR worker NOT IN (SELECT id FROM runbook.living));

    UPDATE runbook.turns SET worker = me FROM (
      SELECT run, host FROM runbook.turns WHERE state = 'open' AND host <> '' AND run <> ALL (unfit)
        AND (mine.sites IS NULL OR site = '' OR site = ANY (mine.sites))
        AND (worker IS NULL OR worker NOT IN (SELECT id FROM runbook.living))
      ORDER BY place LIMIT greatest(free, 0)
    ) AS left_open WHERE turns.run = left_open.run AND turns.host = left_open.host;

    SELECT most - count(*) INTO free FROM runbook.turns WHERE worker = me AND state = 'open' AND host <> '';
    IF free > 0 THEN
      UPDATE runbook.turns SET worker = me, state = 'open' FROM runbook.fitting(mine.sites, unfit, free) AS fit
        WHERE turns.run = fit.run AND turns.host = fit.host;
    END IF;
    RETURN (SELECT coalesce(json_agg(json_build_object('run', turns.run, 'host', host, 'phase', phase, 'halted', halted)
        ORDER BY place), '[]')
      FROM runbook.turns JOIN runbook.orders ON orders.run = turns.run WHERE worker = me AND state = 'open');
  END $claim$;

  CREATE VIEW runbook.living AS SELECT * FROM runbook.workers WHERE runbook.lives(until, lease);

  -- Turns that may begin, as the limits allow: open ones count whoever has them, and those of dead workers too.
  CREATE FUNCTION runbook.fitting(sites text[], unfit text[], most integer) RETURNS TABLE (run text, host text)
  LANGUAGE sql VOLATILE ROWS 10 AS $fitting$
    WITH opened AS (
      SELECT run, domain, count(*) AS many FROM runbook.turns WHERE state = 'open' AND host <> '' GROUP BY run, domain
    ), runs AS (
      SELECT orders.run, phase, per_domain,
        at_once - coalesce((SELECT sum(many) FROM opened WHERE opened.run = orders.run), 0) AS room
      FROM runbook.orders WHERE phase IN ('plan', 'go') AND halted IS NULL AND run <> ALL (unfit) AND (phase = 'plan'
        OR (SELECT count(*) FROM runbook.turns WHERE turns.run = orders.run AND failed) <= budget)
    ), lines AS ( -- of the whole run where no domain counts, and else of each domain
      SELECT run, NULL AS domain, room, room AS places FROM runs WHERE phase = 'plan' OR per_domain IS NULL
      UNION ALL
      SELECT runs.run, domains.domain, room, least(room, per_domain - coalesce(many, 0)) FROM runs
        JOIN runbook.domains ON domains.run = runs.run
        LEFT JOIN opened ON opened.run = runs.run AND opened.domain = domains.domain
      WHERE phase = 'go' AND per_domain IS NOT NULL
    ), first_in_line AS (
      SELECT lines.run, head.host, head.place, room FROM lines, LATERAL (
        SELECT turns.host, place FROM runbook.turns WHERE turns.run = lines.run AND state = 'ready' AND turns.host <> ''
          AND ${SUITS}
        ORDER BY place LIMIT least(places, most)) AS head
      WHERE lines.domain IS NULL AND places > 0
      UNION ALL
      SELECT lines.run, head.host, head.place, room FROM lines, LATERAL (
        SELECT turns.host, place FROM runbook.turns WHERE turns.run = lines.run AND state = 'ready' AND turns.host <> ''
          AND turns.domain = lines.domain AND ${SUITS}
        ORDER BY place LIMIT least(places, most)) AS head
      WHERE lines.domain IS NOT NULL AND places > 0
    ), numbered AS (
      SELECT run, host, room, row_number() OVER (PARTITION BY run ORDER BY place) AS of_run,
        row_number() OVER (PARTITION BY host ORDER BY run) AS of_host
      FROM first_in_line
    )
    SELECT run, host FROM numbered WHERE of_run <= room AND of_host = 1 ORDER BY of_run LIMIT most
  $fitting$;`
