/**
 * Writes of many hosts in one round trip and one commit. `items` are in order: `{rows, lease}` appends rows, if the lease
 * is still its host's, and `{raise}` gives a new lease. The answers: the number of the first row, with the time of all;
 * null for a stale lease; the token of a new one. The same call asked again gives the same answers and writes nothing.
 *
 * The hash is that of journal/row.ts: to_json(text) escapes exactly as JSON.stringify does for well-formed text.
 */
export const FUNCTIONS = `
  CREATE FUNCTION runbook.write(call uuid, version integer, items json) RETURNS json LANGUAGE plpgsql AS $write$
  DECLARE
    answers json[] := '{}';
    last bigint;
    first bigint;
    now_ms bigint;
    known json;
    item json;
    one record;
    end_links integer;
    end_head text;
    new_hash text;
    raised bigint;
  BEGIN
    -- Whoever comes later waits here until everything before it is on disk, and sees it.
    SELECT seq INTO last FROM runbook.journal FOR UPDATE;
    SELECT calls.answers INTO known FROM runbook.calls WHERE id = call;
    IF FOUND THEN RETURN known; END IF;
    now_ms := floor(extract(epoch FROM clock_timestamp()) * 1000);
    FOR item IN SELECT value FROM json_array_elements(items) LOOP
      IF item -> 'raise' IS NOT NULL THEN
        INSERT INTO runbook.leases AS mine (run, host, token) VALUES (item #>> '{raise,run}', item #>> '{raise,host}', 1)
          ON CONFLICT (run, host) DO UPDATE SET token = mine.token + 1 RETURNING token INTO raised;
        answers := answers || to_json(raised);
        CONTINUE;
      END IF;
      IF item -> 'lease' IS NOT NULL AND NOT EXISTS (
        SELECT FROM runbook.leases WHERE run = item #>> '{lease,run}' AND host = item #>> '{lease,host}'
          AND token = (item #>> '{lease,token}')::bigint
      ) THEN
        answers := answers || 'null'::json;
        CONTINUE;
      END IF;
      first := last + 1;
      FOR one IN SELECT * FROM json_to_recordset(item -> 'rows') AS row (run text, host text, type text, body text) LOOP
        last := last + 1;
        SELECT links, head INTO end_links, end_head FROM runbook.chains WHERE run = one.run AND host = one.host;
        IF NOT FOUND THEN
          end_links := 0;
          end_head := '';
        END IF;
        new_hash := encode(sha256(convert_to(
          '{"at":' || now_ms || ',"body":' || to_json(one.body) || ',"host":' || to_json(one.host) ||
          ',"link":' || end_links + 1 || ',"previous":' || to_json(end_head) || ',"run":' || to_json(one.run) ||
          ',"seq":' || last || ',"type":' || to_json(one.type) || ',"v":' || version || '}', 'UTF8')), 'hex');
        INSERT INTO runbook.events (seq, run, host, type, v, at, body, link, previous, hash)
          VALUES (last, one.run, one.host, one.type, version, now_ms, one.body, end_links + 1, end_head, new_hash);
        INSERT INTO runbook.chains (run, host, links, head) VALUES (one.run, one.host, end_links + 1, new_hash)
          ON CONFLICT (run, host) DO UPDATE SET links = excluded.links, head = excluded.head;
      END LOOP;
      answers := answers || json_build_object('first', first, 'at', now_ms);
    END LOOP;
    UPDATE runbook.journal SET seq = last;
    known := array_to_json(answers);
    INSERT INTO runbook.calls (id, answers) VALUES (call, known);
    RETURN known;
  END $write$;
  -- What a body is: object, or spoiled where it is no JSON at all.
  CREATE FUNCTION runbook.kind(body text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $kind$
  BEGIN
    RETURN json_typeof(body::json);
  EXCEPTION WHEN invalid_text_representation THEN
    RETURN 'spoiled';
  END $kind$;`
