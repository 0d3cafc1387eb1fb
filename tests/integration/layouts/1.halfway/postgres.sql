CREATE TABLE public.kept (
    k text,
    t timestamp with time zone,
    v bigint,
    n bigint,
    _series_k text NOT NULL,
    _day date NOT NULL,
    CONSTRAINT kept_v_check CHECK ((v <> 777))
);
CREATE TABLE public.kept_late (
    k text,
    t timestamp with time zone,
    v bigint
);
CREATE TABLE public.kept_rejects (
    pipeline text NOT NULL,
    stage text NOT NULL,
    "position" text NOT NULL,
    step text,
    column_name text,
    sqlstate text,
    reason text NOT NULL,
    row_values json NOT NULL
);
CREATE TABLE public.newest (
    k text,
    t timestamp with time zone,
    v bigint,
    CONSTRAINT newest_v_check CHECK ((v <> 777))
);
CREATE TABLE public.newest_late (
    k text,
    t timestamp with time zone,
    v bigint
);
CREATE TABLE public.newest_rejects (
    pipeline text NOT NULL,
    stage text NOT NULL,
    "position" text NOT NULL,
    step text,
    column_name text,
    sqlstate text,
    reason text NOT NULL,
    row_values json NOT NULL
);
CREATE TABLE public.tidemill_lease (
    pipeline text NOT NULL,
    epoch bigint NOT NULL,
    holder text NOT NULL,
    renewed_at timestamp with time zone NOT NULL
);
CREATE TABLE public.tidemill_marks (
    pipeline text NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    open boolean NOT NULL,
    run bigint NOT NULL
);
CREATE TABLE public.tidemill_newstate_whole (
    _hash bigint NOT NULL,
    k text NOT NULL,
    _last_day date NOT NULL,
    _previous_day date,
    _run bigint NOT NULL,
    _rows bigint NOT NULL,
    _digest uuid NOT NULL,
    s2_n bigint
);
CREATE TABLE public.tidemill_pipelines (
    pipeline text NOT NULL,
    table_name text NOT NULL,
    table_oid oid,
    fingerprint text,
    fingerprint_text text,
    mode text NOT NULL,
    key text NOT NULL
);
CREATE TABLE public.tidemill_runs (
    pipeline text NOT NULL,
    run bigint NOT NULL,
    status text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    plan json,
    record json
);
CREATE TABLE public.tidemill_staged_whole (
    k text,
    t timestamp with time zone,
    v bigint,
    n bigint
);
CREATE TABLE public.tidemill_state_kept (
    _hash bigint NOT NULL,
    k text NOT NULL,
    _last_day date NOT NULL,
    _previous_day date,
    _run bigint NOT NULL,
    _rows bigint NOT NULL,
    _digest uuid NOT NULL,
    s2_n bigint
);
CREATE TABLE public.tidemill_state_whole (
    _hash bigint NOT NULL,
    k text NOT NULL,
    _last_day date NOT NULL,
    _previous_day date,
    _run bigint NOT NULL,
    _rows bigint NOT NULL,
    _digest uuid NOT NULL,
    s2_n bigint
);
CREATE TABLE public.tidemill_units (
    pipeline text NOT NULL,
    run bigint NOT NULL,
    unit text NOT NULL,
    emitted bigint DEFAULT 0 NOT NULL,
    rejected bigint DEFAULT 0 NOT NULL,
    loaded bigint DEFAULT 0 NOT NULL,
    superseded bigint DEFAULT 0 NOT NULL,
    refused bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.whole (
    k text,
    t timestamp with time zone,
    v bigint,
    n bigint
);
CREATE TABLE public.whole_late (
    k text,
    t timestamp with time zone,
    v bigint
);
CREATE TABLE public.whole_rejects (
    pipeline text NOT NULL,
    stage text NOT NULL,
    "position" text NOT NULL,
    step text,
    column_name text,
    sqlstate text,
    reason text NOT NULL,
    row_values json NOT NULL
);
INSERT INTO public.kept VALUES ('f', '2024-03-01 01:00:00+00', 115, 1, 'f', '2024-03-01');
INSERT INTO public.kept VALUES ('f', '2024-03-01 02:00:00+00', 125, 2, 'f', '2024-03-01');
INSERT INTO public.kept VALUES ('f', '2024-03-02 00:00:00+00', 205, 3, 'f', '2024-03-02');
INSERT INTO public.kept VALUES ('f', '2024-03-02 02:00:00+00', 225, 4, 'f', '2024-03-02');
INSERT INTO public.kept VALUES ('d', '2024-03-01 01:00:00+00', 113, 2, 'd', '2024-03-01');
INSERT INTO public.kept VALUES ('d', '2024-03-01 02:00:00+00', 123, 3, 'd', '2024-03-01');
INSERT INTO public.kept VALUES ('d', '2024-03-02 00:00:00+00', 203, 4, 'd', '2024-03-02');
INSERT INTO public.kept VALUES ('d', '2024-03-02 02:00:00+00', 223, 6, 'd', '2024-03-02');
INSERT INTO public.kept VALUES ('a', '2024-03-01 00:00:00+00', 100, 1, 'a', '2024-03-01');
INSERT INTO public.kept VALUES ('a', '2024-03-01 01:00:00+00', 110, 2, 'a', '2024-03-01');
INSERT INTO public.kept VALUES ('a', '2024-03-01 02:00:00+00', 120, 3, 'a', '2024-03-01');
INSERT INTO public.kept VALUES ('a', '2024-03-02 00:00:00+00', 200, 4, 'a', '2024-03-02');
INSERT INTO public.kept VALUES ('a', '2024-03-02 02:00:00+00', 220, 5, 'a', '2024-03-02');
INSERT INTO public.kept VALUES ('c', '2024-03-01 00:00:00+00', 102, 1, 'c', '2024-03-01');
INSERT INTO public.kept VALUES ('c', '2024-03-01 02:00:00+00', 122, 3, 'c', '2024-03-01');
INSERT INTO public.kept VALUES ('c', '2024-03-02 01:00:00+00', 212, 4, 'c', '2024-03-02');
INSERT INTO public.kept VALUES ('c', '2024-03-02 02:00:00+00', 222, 5, 'c', '2024-03-02');
INSERT INTO public.kept VALUES ('b', '2024-03-01 01:00:00+00', 111, 1, 'b', '2024-03-01');
INSERT INTO public.kept VALUES ('b', '2024-03-01 02:00:00+00', 121, 2, 'b', '2024-03-01');
INSERT INTO public.kept VALUES ('b', '2024-03-02 00:00:00+00', 201, 3, 'b', '2024-03-02');
INSERT INTO public.kept VALUES ('b', '2024-03-02 01:00:00+00', 211, 4, 'b', '2024-03-02');
INSERT INTO public.kept VALUES ('b', '2024-03-02 02:00:00+00', 221, 5, 'b', '2024-03-02');
INSERT INTO public.kept VALUES ('e', '2024-03-01 00:00:00+00', 104, 1, 'e', '2024-03-01');
INSERT INTO public.kept VALUES ('e', '2024-03-01 02:00:00+00', 124, 2, 'e', '2024-03-01');
INSERT INTO public.kept VALUES ('e', '2024-03-02 01:00:00+00', 214, 4, 'e', '2024-03-02');
INSERT INTO public.kept VALUES ('e', '2024-03-02 02:00:00+00', 224, 5, 'e', '2024-03-02');
INSERT INTO public.kept VALUES ('h', '2024-03-01 01:00:00+00', 117, 1, 'h', '2024-03-01');
INSERT INTO public.kept VALUES ('h', '2024-03-01 02:00:00+00', 127, 2, 'h', '2024-03-01');
INSERT INTO public.kept VALUES ('h', '2024-03-02 01:00:00+00', 217, 3, 'h', '2024-03-02');
INSERT INTO public.kept VALUES ('h', '2024-03-02 02:00:00+00', 227, 4, 'h', '2024-03-02');
INSERT INTO public.kept VALUES ('g', '2024-03-01 01:00:00+00', 116, 1, 'g', '2024-03-01');
INSERT INTO public.kept VALUES ('g', '2024-03-01 02:00:00+00', 126, 2, 'g', '2024-03-01');
INSERT INTO public.kept VALUES ('g', '2024-03-02 01:00:00+00', 216, 3, 'g', '2024-03-02');
INSERT INTO public.kept VALUES ('g', '2024-03-02 02:00:00+00', 226, 4, 'g', '2024-03-02');
INSERT INTO public.kept VALUES ('f', '2024-03-03 01:00:00+00', 315, 6, 'f', '2024-03-03');
INSERT INTO public.kept VALUES ('f', '2024-03-03 02:00:00+00', 325, 7, 'f', '2024-03-03');
INSERT INTO public.kept VALUES ('f', '2024-03-04 00:00:00+00', 405, 8, 'f', '2024-03-04');
INSERT INTO public.kept VALUES ('f', '2024-03-04 02:00:00+00', 425, 10, 'f', '2024-03-04');
INSERT INTO public.kept VALUES ('f', '2024-03-05 01:00:00+00', 515, 11, 'f', '2024-03-05');
INSERT INTO public.kept VALUES ('f', '2024-03-05 02:00:00+00', 525, 12, 'f', '2024-03-05');
INSERT INTO public.kept VALUES ('d', '2024-03-03 01:00:00+00', 313, 7, 'd', '2024-03-03');
INSERT INTO public.kept VALUES ('d', '2024-03-03 02:00:00+00', 323, 8, 'd', '2024-03-03');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:1486', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "g", "t": "2024-03-02T00:00:00Z"}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:1539', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "h", "v": 207}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:1577', NULL, 'k', NULL, 'null or missing, but rows are ordered by it', '{"k": null, "t": "2024-03-02T01:00:00Z", "v": 210}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:248', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "f", "t": "2024-03-01T00:00:00Z"}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:2724', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "h", "t": "2024-03-03T00:00:00Z"}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:2777', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "a", "v": 310}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:2815', NULL, 'k', NULL, 'null or missing, but rows are ordered by it', '{"k": null, "t": "2024-03-03T01:00:00Z", "v": 311}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:301', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "g", "v": 106}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:339', NULL, 'k', NULL, 'null or missing, but rows are ordered by it', '{"k": null, "t": "2024-03-01T00:00:00Z", "v": 107}');
INSERT INTO public.kept_rejects VALUES ('kept', 'step', 'f/2024-03-02/1.2', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "f", "t": "2024-03-02T01:00:00Z", "v": 0}');
INSERT INTO public.kept_rejects VALUES ('kept', 'load', 'd/2024-03-01/1', NULL, NULL, '23514', 'new row for relation "kept" violates check constraint "kept_v_check"', '{"k": "d", "t": "2024-03-01T00:00:00Z", "v": 777, "n": 1, "_series_k": "d", "_day": "2024-03-01"}');
INSERT INTO public.kept_rejects VALUES ('kept', 'load', 'd/2024-03-02/2', NULL, NULL, '23514', 'new row for relation "kept" violates check constraint "kept_v_check"', '{"k": "d", "t": "2024-03-02T01:00:00Z", "v": 777, "n": 5, "_series_k": "d", "_day": "2024-03-02"}');
INSERT INTO public.kept_rejects VALUES ('kept', 'load', 'c/2024-03-01/2', NULL, NULL, '23514', 'new row for relation "kept" violates check constraint "kept_v_check"', '{"k": "c", "t": "2024-03-01T01:00:00Z", "v": 777, "n": 2, "_series_k": "c", "_day": "2024-03-01"}');
INSERT INTO public.kept_rejects VALUES ('kept', 'step', 'c/2024-03-02/1.1', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "c", "t": "2024-03-02T00:00:00Z", "v": 0}');
INSERT INTO public.kept_rejects VALUES ('kept', 'step', 'b/2024-03-01/1.1', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "b", "t": "2024-03-01T00:00:00Z", "v": 0}');
INSERT INTO public.kept_rejects VALUES ('kept', 'step', 'e/2024-03-01/1.2', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "e", "t": "2024-03-01T01:00:00Z", "v": 0}');
INSERT INTO public.kept_rejects VALUES ('kept', 'load', 'e/2024-03-02/1', NULL, NULL, '23514', 'new row for relation "kept" violates check constraint "kept_v_check"', '{"k": "e", "t": "2024-03-02T00:00:00Z", "v": 777, "n": 3, "_series_k": "e", "_day": "2024-03-02"}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:3962', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "a", "t": "2024-03-04T01:00:00Z"}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:4015', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "b", "v": 411}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:4053', NULL, 'k', NULL, 'null or missing, but rows are ordered by it', '{"k": null, "t": "2024-03-04T01:00:00Z", "v": 412}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:5200', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "b", "t": "2024-03-05T01:00:00Z"}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:5253', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "c", "v": 512}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:5291', NULL, 'k', NULL, 'null or missing, but rows are ordered by it', '{"k": null, "t": "2024-03-05T01:00:00Z", "v": 513}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:6438', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "c", "t": "2024-03-06T01:00:00Z"}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:6491', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "d", "v": 613}');
INSERT INTO public.kept_rejects VALUES ('kept', 'decode', 'in.ndjson:6529', NULL, 'k', NULL, 'null or missing, but rows are ordered by it', '{"k": null, "t": "2024-03-06T01:00:00Z", "v": 614}');
INSERT INTO public.kept_rejects VALUES ('kept', 'load', 'f/2024-03-03/1', NULL, NULL, '23514', 'new row for relation "kept" violates check constraint "kept_v_check"', '{"k": "f", "t": "2024-03-03T00:00:00Z", "v": 777, "n": 5, "_series_k": "f", "_day": "2024-03-03"}');
INSERT INTO public.kept_rejects VALUES ('kept', 'load', 'f/2024-03-04/2', NULL, NULL, '23514', 'new row for relation "kept" violates check constraint "kept_v_check"', '{"k": "f", "t": "2024-03-04T01:00:00Z", "v": 777, "n": 9, "_series_k": "f", "_day": "2024-03-04"}');
INSERT INTO public.kept_rejects VALUES ('kept', 'step', 'd/2024-03-03/1.1', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "d", "t": "2024-03-03T00:00:00Z", "v": 0}');
INSERT INTO public.kept_rejects VALUES ('kept', 'step', 'f/2024-03-05/1.1', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "f", "t": "2024-03-05T00:00:00Z", "v": 0}');
INSERT INTO public.newest VALUES ('c', '2024-03-03 02:00:00+00', 322);
INSERT INTO public.newest VALUES ('b', '2024-03-03 02:00:00+00', 321);
INSERT INTO public.newest VALUES ('e', '2024-03-03 02:00:00+00', 324);
INSERT INTO public.newest VALUES ('h', '2024-03-03 02:00:00+00', 327);
INSERT INTO public.newest VALUES ('g', '2024-03-03 02:00:00+00', 326);
INSERT INTO public.newest VALUES ('a', '2024-03-06 02:00:00+00', 620);
INSERT INTO public.newest VALUES ('d', '2024-03-06 02:00:00+00', 623);
INSERT INTO public.newest VALUES ('f', '2024-03-06 02:00:00+00', 625);
INSERT INTO public.newest_rejects VALUES ('newest', 'decode', 'in.ndjson:1486', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "g", "t": "2024-03-02T00:00:00Z"}');
INSERT INTO public.newest_rejects VALUES ('newest', 'decode', 'in.ndjson:1539', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "h", "v": 207}');
INSERT INTO public.newest_rejects VALUES ('newest', 'decode', 'in.ndjson:248', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "f", "t": "2024-03-01T00:00:00Z"}');
INSERT INTO public.newest_rejects VALUES ('newest', 'decode', 'in.ndjson:2724', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "h", "t": "2024-03-03T00:00:00Z"}');
INSERT INTO public.newest_rejects VALUES ('newest', 'decode', 'in.ndjson:2777', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "a", "v": 310}');
INSERT INTO public.newest_rejects VALUES ('newest', 'decode', 'in.ndjson:301', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "g", "v": 106}');
INSERT INTO public.newest_rejects VALUES ('newest', 'load', 'in.ndjson:1577', NULL, 'k', NULL, 'the key column `k` is null', '{"k": null, "t": "2024-03-02T01:00:00Z", "v": 210}');
INSERT INTO public.newest_rejects VALUES ('newest', 'load', 'in.ndjson:2815', NULL, 'k', NULL, 'the key column `k` is null', '{"k": null, "t": "2024-03-03T01:00:00Z", "v": 311}');
INSERT INTO public.newest_rejects VALUES ('newest', 'load', 'in.ndjson:339', NULL, 'k', NULL, 'the key column `k` is null', '{"k": null, "t": "2024-03-01T00:00:00Z", "v": 107}');
INSERT INTO public.newest_rejects VALUES ('newest', 'step', 'in.ndjson:1288', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "c", "t": "2024-03-02T00:00:00Z", "v": 0}');
INSERT INTO public.newest_rejects VALUES ('newest', 'step', 'in.ndjson:1828', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "f", "t": "2024-03-02T01:00:00Z", "v": 0}');
INSERT INTO public.newest_rejects VALUES ('newest', 'step', 'in.ndjson:2526', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "d", "t": "2024-03-03T00:00:00Z", "v": 0}');
INSERT INTO public.newest_rejects VALUES ('newest', 'step', 'in.ndjson:3066', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "g", "t": "2024-03-03T01:00:00Z", "v": 0}');
INSERT INTO public.newest_rejects VALUES ('newest', 'step', 'in.ndjson:50', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "b", "t": "2024-03-01T00:00:00Z", "v": 0}');
INSERT INTO public.newest_rejects VALUES ('newest', 'step', 'in.ndjson:590', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "e", "t": "2024-03-01T01:00:00Z", "v": 0}');
INSERT INTO public.newest_rejects VALUES ('newest', 'decode', 'in.ndjson:3962', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "a", "t": "2024-03-04T01:00:00Z"}');
INSERT INTO public.newest_rejects VALUES ('newest', 'decode', 'in.ndjson:4015', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "b", "v": 411}');
INSERT INTO public.newest_rejects VALUES ('newest', 'decode', 'in.ndjson:5200', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "b", "t": "2024-03-05T01:00:00Z"}');
INSERT INTO public.newest_rejects VALUES ('newest', 'decode', 'in.ndjson:5253', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "c", "v": 512}');
INSERT INTO public.newest_rejects VALUES ('newest', 'decode', 'in.ndjson:6438', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "c", "t": "2024-03-06T01:00:00Z"}');
INSERT INTO public.newest_rejects VALUES ('newest', 'decode', 'in.ndjson:6491', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "d", "v": 613}');
INSERT INTO public.newest_rejects VALUES ('newest', 'load', 'in.ndjson:4053', NULL, 'k', NULL, 'the key column `k` is null', '{"k": null, "t": "2024-03-04T01:00:00Z", "v": 412}');
INSERT INTO public.newest_rejects VALUES ('newest', 'load', 'in.ndjson:5291', NULL, 'k', NULL, 'the key column `k` is null', '{"k": null, "t": "2024-03-05T01:00:00Z", "v": 513}');
INSERT INTO public.newest_rejects VALUES ('newest', 'load', 'in.ndjson:6529', NULL, 'k', NULL, 'the key column `k` is null', '{"k": null, "t": "2024-03-06T01:00:00Z", "v": 614}');
INSERT INTO public.newest_rejects VALUES ('newest', 'step', 'in.ndjson:3764', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "e", "t": "2024-03-04T00:00:00Z", "v": 0}');
INSERT INTO public.newest_rejects VALUES ('newest', 'step', 'in.ndjson:4304', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "h", "t": "2024-03-04T01:00:00Z", "v": 0}');
INSERT INTO public.newest_rejects VALUES ('newest', 'step', 'in.ndjson:5002', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "f", "t": "2024-03-05T00:00:00Z", "v": 0}');
INSERT INTO public.newest_rejects VALUES ('newest', 'step', 'in.ndjson:5542', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "a", "t": "2024-03-05T02:00:00Z", "v": 0}');
INSERT INTO public.newest_rejects VALUES ('newest', 'step', 'in.ndjson:6240', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "g", "t": "2024-03-06T00:00:00Z", "v": 0}');
INSERT INTO public.newest_rejects VALUES ('newest', 'step', 'in.ndjson:6780', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "b", "t": "2024-03-06T02:00:00Z", "v": 0}');
INSERT INTO public.tidemill_lease VALUES ('kept', 2, 'host=older pid=32609 start=5325170 boot=5ea3b1f6-0c4d-4a53-9a3f-1d7c2b9e8f60 pidns=4026531836 at=1709683200000000', '2024-03-06 00:00:00+00');
INSERT INTO public.tidemill_lease VALUES ('newest', 2, 'host=older pid=32696 start=5325226 boot=5ea3b1f6-0c4d-4a53-9a3f-1d7c2b9e8f60 pidns=4026531836 at=1709683200000000', '2024-03-06 00:00:00+00');
INSERT INTO public.tidemill_lease VALUES ('whole', 2, 'host=older pid=32765 start=5325260 boot=5ea3b1f6-0c4d-4a53-9a3f-1d7c2b9e8f60 pidns=4026531836 at=1709683200000000', '2024-03-06 00:00:00+00');
INSERT INTO public.tidemill_newstate_whole VALUES (-8476733030339463705, 'f', '2024-03-04', NULL, 2, 11, '89a8ee77-72dd-f4d9-dd37-c2082d06147b', 10);
INSERT INTO public.tidemill_pipelines VALUES ('whole', 'whole', 16901, 'd47b8050d787cfe839a05cecad221f8c', 'series hash: version 1
files: "in.ndjson"
file format: 
delimiter: 
column k: text from "k" format  zone  array 0 required 0 truncate 0 default ""
column t: timestamp from "t" format  zone  array 0 required 0 truncate 0 default ""
column v: int64 from "v" format  zone  array 0 required 0 truncate 0 default ""
series: "k"
time: "t"
tie:
timezone: 
step 1 where: 5855ab01b1ce0dccea8ef32af2e531fb
step 2 lua: 25d22446bb4e23353d4cec489af0f222
output: k text 0 t timestamp 0 v int64 0 n int64 0
mode: "replace"
key:
newest: 
', 'replace', '');
INSERT INTO public.tidemill_pipelines VALUES ('kept', 'kept', 16795, '497f0ec7263850cf4ca2461288b8031c', 'series hash: version 1
files: "in.ndjson"
file format: 
delimiter: 
column k: text from "k" format  zone  array 0 required 0 truncate 0 default ""
column t: timestamp from "t" format  zone  array 0 required 0 truncate 0 default ""
column v: int64 from "v" format  zone  array 0 required 0 truncate 0 default ""
series: "k"
time: "t"
tie:
timezone: 
step 1 where: 5855ab01b1ce0dccea8ef32af2e531fb
step 2 lua: 25d22446bb4e23353d4cec489af0f222
output: k text 0 t timestamp 0 v int64 0 n int64 0 _series_k text 1 _day date 2
mode: "append"
key:
newest: 
', 'append', '');
INSERT INTO public.tidemill_pipelines VALUES ('newest', 'newest', 16801, '7a2a114f65f76910a7893470d0717622', 'series hash: version 1
files: "in.ndjson"
file format: 
delimiter: 
column k: text from "k" format  zone  array 0 required 0 truncate 0 default ""
column t: timestamp from "t" format  zone  array 0 required 0 truncate 0 default ""
column v: int64 from "v" format  zone  array 0 required 0 truncate 0 default ""
series:
time: 
tie:
timezone: 
step 1 where: 5855ab01b1ce0dccea8ef32af2e531fb
output: k text 0 t timestamp 0 v int64 0
mode: "merge"
key: "k"
newest: "t"
', 'merge', '"k"');
INSERT INTO public.tidemill_runs VALUES ('kept', 1, 'complete', '2026-11-22 01:14:41.148278+00', '2026-11-22 01:14:41.866985+00', '{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"members":[{"name":"in.ndjson","identity":"3564:1709900000000000000"}],"marks":[]}', '{"pipeline":"kept","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T01:14:41.148278Z","ended_at":"2026-11-22T01:14:41.866985Z","horizon":"2024-03-03T00:00:00Z","source":"","splits":1,"counts":{"read":72,"consumed":42,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":21,"rejected":9,"discarded":0,"emitted":38,"loaded":34,"superseded":0,"refused":4,"series":8,"days":16,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":42,"rows_out":38,"filtered":0,"deduplicated":0,"rejected":4},{"step":"2 lua","rows_in":38,"rows_out":38,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":491475},{"stage":"reading","micros":11224,"rows":72,"rows_per_second":6414,"bytes":3564},{"stage":"sorting","micros":10},{"stage":"processing","micros":292158,"rows":38,"rows_per_second":130},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":38256640,"memory_mean_bytes":13313137,"budget_peak_bytes":2627423,"cpu_micros":28043,"wall_micros":794921,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":13,"rejects":13,"loaded_ever":34,"error":null}');
INSERT INTO public.tidemill_runs VALUES ('newest', 1, 'complete', '2026-11-22 01:14:42.121913+00', '2026-11-22 01:14:42.52176+00', '{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"members":[{"name":"in.ndjson","identity":"3564:1709900000000000000"}],"marks":[]}', '{"pipeline":"newest","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T01:14:42.121913Z","ended_at":"2026-11-22T01:14:42.521760Z","source":"","splits":1,"counts":{"read":72,"consumed":66,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":6,"discarded":0,"emitted":60,"loaded":8,"superseded":49,"refused":3,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":66,"rows_out":60,"filtered":0,"deduplicated":0,"rejected":6}],"stages":[{"stage":"planning","micros":364047},{"stage":"reading","micros":6038,"rows":72,"rows_per_second":11924,"bytes":3564},{"stage":"sorting","micros":12},{"stage":"processing","micros":150346,"rows":60,"rows_per_second":399},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":38256640,"memory_mean_bytes":12780150,"budget_peak_bytes":2626319,"cpu_micros":8428,"wall_micros":520508,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":6,"rejects":15,"loaded_ever":8,"error":null}');
INSERT INTO public.tidemill_runs VALUES ('whole', 2, 'started', '2026-11-22 01:14:44.23396+00', NULL, '{"version":1,"horizon_micros":1709683200000000,"by_marks":0,"members":[{"name":"in.ndjson","identity":"7128:1709900000000000001"}],"marks":[]}', '{"pipeline":"whole","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T01:14:44.233960Z","horizon":"2024-03-06T00:00:00Z","source":"","splits":1,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0},{"step":"2 lua","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":38256640,"memory_mean_bytes":13127680,"budget_peak_bytes":0,"cpu_micros":2095,"wall_micros":101301,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":38,"error":null}');
INSERT INTO public.tidemill_runs VALUES ('whole', 1, 'complete', '2026-11-22 01:14:42.699969+00', '2026-11-22 01:14:43.139923+00', '{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"members":[{"name":"in.ndjson","identity":"3564:1709900000000000000"}],"marks":[]}', '{"pipeline":"whole","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T01:14:42.699969Z","ended_at":"2026-11-22T01:14:43.139923Z","horizon":"2024-03-03T00:00:00Z","source":"","splits":1,"counts":{"read":72,"consumed":42,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":21,"rejected":9,"discarded":0,"emitted":38,"loaded":38,"superseded":0,"refused":0,"series":8,"days":16,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":42,"rows_out":38,"filtered":0,"deduplicated":0,"rejected":4},{"step":"2 lua","rows_in":38,"rows_out":38,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":396372},{"stage":"reading","micros":10638,"rows":72,"rows_per_second":6768,"bytes":3564},{"stage":"sorting","micros":12},{"stage":"processing","micros":80862,"rows":38,"rows_per_second":469},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":38256640,"memory_mean_bytes":13278061,"budget_peak_bytes":2627423,"cpu_micros":16260,"wall_micros":525860,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":13,"rejects":13,"loaded_ever":38,"error":null}');
INSERT INTO public.tidemill_runs VALUES ('kept', 2, 'started', '2026-11-22 01:14:43.390376+00', NULL, '{"version":1,"horizon_micros":1709683200000000,"by_marks":0,"members":[{"name":"in.ndjson","identity":"7128:1709900000000000001"}],"marks":[]}', '{"pipeline":"kept","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T01:14:43.390376Z","horizon":"2024-03-06T00:00:00Z","source":"","splits":1,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0},{"step":"2 lua","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":38256640,"memory_mean_bytes":13008896,"budget_peak_bytes":0,"cpu_micros":2847,"wall_micros":96698,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":34,"error":null}');
INSERT INTO public.tidemill_runs VALUES ('newest', 2, 'started', '2026-11-22 01:14:43.908026+00', NULL, '{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"members":[{"name":"in.ndjson","identity":"7128:1709900000000000001"}],"marks":[]}', '{"pipeline":"newest","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T01:14:43.908026Z","source":"","splits":1,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":38256640,"memory_mean_bytes":12445013,"budget_peak_bytes":0,"cpu_micros":1938,"wall_micros":76416,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":8,"error":null}');
INSERT INTO public.tidemill_staged_whole VALUES ('f', '2024-03-01 01:00:00+00', 115, 1);
INSERT INTO public.tidemill_staged_whole VALUES ('f', '2024-03-01 02:00:00+00', 125, 2);
INSERT INTO public.tidemill_staged_whole VALUES ('f', '2024-03-02 00:00:00+00', 205, 3);
INSERT INTO public.tidemill_staged_whole VALUES ('f', '2024-03-02 02:00:00+00', 225, 4);
INSERT INTO public.tidemill_staged_whole VALUES ('f', '2024-03-03 00:00:00+00', 777, 5);
INSERT INTO public.tidemill_staged_whole VALUES ('f', '2024-03-03 01:00:00+00', 315, 6);
INSERT INTO public.tidemill_staged_whole VALUES ('f', '2024-03-03 02:00:00+00', 325, 7);
INSERT INTO public.tidemill_staged_whole VALUES ('f', '2024-03-04 00:00:00+00', 405, 8);
INSERT INTO public.tidemill_staged_whole VALUES ('f', '2024-03-04 01:00:00+00', 777, 9);
INSERT INTO public.tidemill_staged_whole VALUES ('f', '2024-03-04 02:00:00+00', 425, 10);
INSERT INTO public.tidemill_state_kept VALUES (-6317734097061643999, 'a', '2024-03-02', NULL, 1, 5, 'ddd0c3ae-0077-1326-295f-61b557475ae3', 5);
INSERT INTO public.tidemill_state_kept VALUES (-4905069961362774746, 'c', '2024-03-02', NULL, 1, 6, 'c477346e-97e1-7d4c-0cb8-324ff261b47c', 5);
INSERT INTO public.tidemill_state_kept VALUES (322616406568882192, 'b', '2024-03-02', NULL, 1, 6, '6dccdf4a-bcd8-3287-41b9-581e1821ebce', 5);
INSERT INTO public.tidemill_state_kept VALUES (1450207486789422116, 'e', '2024-03-02', NULL, 1, 6, '43b90162-fc4b-88a9-82c5-d15f7c3a7adc', 5);
INSERT INTO public.tidemill_state_kept VALUES (2650638974583248557, 'h', '2024-03-02', NULL, 1, 4, 'be941474-bf5f-4d97-67c0-2278a4b857e8', 4);
INSERT INTO public.tidemill_state_kept VALUES (4427815074975879282, 'g', '2024-03-02', NULL, 1, 4, '79552f49-4f96-6fac-401c-d7b24e083af1', 4);
INSERT INTO public.tidemill_state_kept VALUES (-8476733030339463705, 'f', '2024-03-05', '2024-03-02', 2, 14, 'ff20628a-80d5-e12e-f455-fd9c10423d37', 12);
INSERT INTO public.tidemill_state_kept VALUES (-7443033995639021078, 'd', '2024-03-03', '2024-03-02', 2, 9, 'edc35a93-c026-4551-9794-aa717fb58c89', 8);
INSERT INTO public.tidemill_state_whole VALUES (-8476733030339463705, 'f', '2024-03-02', NULL, 1, 5, 'a0ffabfe-524a-b6da-8b52-c029dc1caa8e', 4);
INSERT INTO public.tidemill_state_whole VALUES (-7443033995639021078, 'd', '2024-03-02', NULL, 1, 6, 'dd27f119-8626-e6b6-7cf6-3a7636747385', 6);
INSERT INTO public.tidemill_state_whole VALUES (-6317734097061643999, 'a', '2024-03-02', NULL, 1, 5, 'ddd0c3ae-0077-1326-295f-61b557475ae3', 5);
INSERT INTO public.tidemill_state_whole VALUES (-4905069961362774746, 'c', '2024-03-02', NULL, 1, 6, 'c477346e-97e1-7d4c-0cb8-324ff261b47c', 5);
INSERT INTO public.tidemill_state_whole VALUES (322616406568882192, 'b', '2024-03-02', NULL, 1, 6, '6dccdf4a-bcd8-3287-41b9-581e1821ebce', 5);
INSERT INTO public.tidemill_state_whole VALUES (1450207486789422116, 'e', '2024-03-02', NULL, 1, 6, '43b90162-fc4b-88a9-82c5-d15f7c3a7adc', 5);
INSERT INTO public.tidemill_state_whole VALUES (2650638974583248557, 'h', '2024-03-02', NULL, 1, 4, 'be941474-bf5f-4d97-67c0-2278a4b857e8', 4);
INSERT INTO public.tidemill_state_whole VALUES (4427815074975879282, 'g', '2024-03-02', NULL, 1, 4, '79552f49-4f96-6fac-401c-d7b24e083af1', 4);
INSERT INTO public.tidemill_units VALUES ('kept', 2, '660d333c6c2b0-7f61/p0/1', 3, 1, 2, 0, 1);
INSERT INTO public.tidemill_units VALUES ('kept', 2, '660d333c6c2b0-7f61/p0/2', 3, 1, 2, 0, 1);
INSERT INTO public.tidemill_units VALUES ('kept', 2, '660d333c6c2b0-7f61/p0/3', 4, 2, 4, 0, 0);
INSERT INTO public.tidemill_units VALUES ('newest', 2, '660d333cef7a9-7fb8/p0/1', 3, 0, 3, 0, 0);
INSERT INTO public.tidemill_units VALUES ('whole', 2, '660d333d38fa2-7ffd/p0/1', 4, 1, 4, 0, 0);
INSERT INTO public.tidemill_units VALUES ('whole', 2, '660d333d38fa2-7ffd/p0/2', 3, 0, 3, 0, 0);
INSERT INTO public.tidemill_units VALUES ('whole', 2, '660d333d38fa2-7ffd/p0/3', 3, 0, 3, 0, 0);
INSERT INTO public.whole VALUES ('f', '2024-03-01 01:00:00+00', 115, 1);
INSERT INTO public.whole VALUES ('f', '2024-03-01 02:00:00+00', 125, 2);
INSERT INTO public.whole VALUES ('f', '2024-03-02 00:00:00+00', 205, 3);
INSERT INTO public.whole VALUES ('f', '2024-03-02 02:00:00+00', 225, 4);
INSERT INTO public.whole VALUES ('d', '2024-03-01 00:00:00+00', 777, 1);
INSERT INTO public.whole VALUES ('d', '2024-03-01 01:00:00+00', 113, 2);
INSERT INTO public.whole VALUES ('d', '2024-03-01 02:00:00+00', 123, 3);
INSERT INTO public.whole VALUES ('d', '2024-03-02 00:00:00+00', 203, 4);
INSERT INTO public.whole VALUES ('d', '2024-03-02 01:00:00+00', 777, 5);
INSERT INTO public.whole VALUES ('d', '2024-03-02 02:00:00+00', 223, 6);
INSERT INTO public.whole VALUES ('a', '2024-03-01 00:00:00+00', 100, 1);
INSERT INTO public.whole VALUES ('a', '2024-03-01 01:00:00+00', 110, 2);
INSERT INTO public.whole VALUES ('a', '2024-03-01 02:00:00+00', 120, 3);
INSERT INTO public.whole VALUES ('a', '2024-03-02 00:00:00+00', 200, 4);
INSERT INTO public.whole VALUES ('a', '2024-03-02 02:00:00+00', 220, 5);
INSERT INTO public.whole VALUES ('c', '2024-03-01 00:00:00+00', 102, 1);
INSERT INTO public.whole VALUES ('c', '2024-03-01 01:00:00+00', 777, 2);
INSERT INTO public.whole VALUES ('c', '2024-03-01 02:00:00+00', 122, 3);
INSERT INTO public.whole VALUES ('c', '2024-03-02 01:00:00+00', 212, 4);
INSERT INTO public.whole VALUES ('c', '2024-03-02 02:00:00+00', 222, 5);
INSERT INTO public.whole VALUES ('b', '2024-03-01 01:00:00+00', 111, 1);
INSERT INTO public.whole VALUES ('b', '2024-03-01 02:00:00+00', 121, 2);
INSERT INTO public.whole VALUES ('b', '2024-03-02 00:00:00+00', 201, 3);
INSERT INTO public.whole VALUES ('b', '2024-03-02 01:00:00+00', 211, 4);
INSERT INTO public.whole VALUES ('b', '2024-03-02 02:00:00+00', 221, 5);
INSERT INTO public.whole VALUES ('e', '2024-03-01 00:00:00+00', 104, 1);
INSERT INTO public.whole VALUES ('e', '2024-03-01 02:00:00+00', 124, 2);
INSERT INTO public.whole VALUES ('e', '2024-03-02 00:00:00+00', 777, 3);
INSERT INTO public.whole VALUES ('e', '2024-03-02 01:00:00+00', 214, 4);
INSERT INTO public.whole VALUES ('e', '2024-03-02 02:00:00+00', 224, 5);
INSERT INTO public.whole VALUES ('h', '2024-03-01 01:00:00+00', 117, 1);
INSERT INTO public.whole VALUES ('h', '2024-03-01 02:00:00+00', 127, 2);
INSERT INTO public.whole VALUES ('h', '2024-03-02 01:00:00+00', 217, 3);
INSERT INTO public.whole VALUES ('h', '2024-03-02 02:00:00+00', 227, 4);
INSERT INTO public.whole VALUES ('g', '2024-03-01 01:00:00+00', 116, 1);
INSERT INTO public.whole VALUES ('g', '2024-03-01 02:00:00+00', 126, 2);
INSERT INTO public.whole VALUES ('g', '2024-03-02 01:00:00+00', 216, 3);
INSERT INTO public.whole VALUES ('g', '2024-03-02 02:00:00+00', 226, 4);
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:1486', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "g", "t": "2024-03-02T00:00:00Z"}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:1539', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "h", "v": 207}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:1577', NULL, 'k', NULL, 'null or missing, but rows are ordered by it', '{"k": null, "t": "2024-03-02T01:00:00Z", "v": 210}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:248', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "f", "t": "2024-03-01T00:00:00Z"}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:2724', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "h", "t": "2024-03-03T00:00:00Z"}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:2777', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "a", "v": 310}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:2815', NULL, 'k', NULL, 'null or missing, but rows are ordered by it', '{"k": null, "t": "2024-03-03T01:00:00Z", "v": 311}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:301', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "g", "v": 106}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:339', NULL, 'k', NULL, 'null or missing, but rows are ordered by it', '{"k": null, "t": "2024-03-01T00:00:00Z", "v": 107}');
INSERT INTO public.whole_rejects VALUES ('whole', 'step', 'f/2024-03-02/1.2', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "f", "t": "2024-03-02T01:00:00Z", "v": 0}');
INSERT INTO public.whole_rejects VALUES ('whole', 'step', 'c/2024-03-02/1.1', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "c", "t": "2024-03-02T00:00:00Z", "v": 0}');
INSERT INTO public.whole_rejects VALUES ('whole', 'step', 'b/2024-03-01/1.1', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "b", "t": "2024-03-01T00:00:00Z", "v": 0}');
INSERT INTO public.whole_rejects VALUES ('whole', 'step', 'e/2024-03-01/1.2', '1 where', NULL, NULL, 'division by zero (character 5 of the expression)', '{"k": "e", "t": "2024-03-01T01:00:00Z", "v": 0}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:3962', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "a", "t": "2024-03-04T01:00:00Z"}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:4015', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "b", "v": 411}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:4053', NULL, 'k', NULL, 'null or missing, but rows are ordered by it', '{"k": null, "t": "2024-03-04T01:00:00Z", "v": 412}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:5200', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "b", "t": "2024-03-05T01:00:00Z"}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:5253', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "c", "v": 512}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:5291', NULL, 'k', NULL, 'null or missing, but rows are ordered by it', '{"k": null, "t": "2024-03-05T01:00:00Z", "v": 513}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:6438', NULL, 'v', NULL, '`many` is not of type int64', '{"k": "c", "t": "2024-03-06T01:00:00Z"}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:6491', NULL, 't', NULL, '`some day` is not a timestamp in the format ISO 8601 or epoch_millis', '{"k": "d", "v": 613}');
INSERT INTO public.whole_rejects VALUES ('whole', 'decode', 'in.ndjson:6529', NULL, 'k', NULL, 'null or missing, but rows are ordered by it', '{"k": null, "t": "2024-03-06T01:00:00Z", "v": 614}');
ALTER TABLE ONLY public.kept_rejects
    ADD CONSTRAINT kept_rejects_pkey PRIMARY KEY (pipeline, stage, "position");
ALTER TABLE ONLY public.newest
    ADD CONSTRAINT newest_k_key UNIQUE (k);
ALTER TABLE ONLY public.newest_rejects
    ADD CONSTRAINT newest_rejects_pkey PRIMARY KEY (pipeline, stage, "position");
ALTER TABLE ONLY public.tidemill_lease
    ADD CONSTRAINT tidemill_lease_pipeline_epoch_key UNIQUE (pipeline, epoch);
ALTER TABLE ONLY public.tidemill_lease
    ADD CONSTRAINT tidemill_lease_pkey PRIMARY KEY (pipeline);
ALTER TABLE ONLY public.tidemill_marks
    ADD CONSTRAINT tidemill_marks_pkey PRIMARY KEY (pipeline, name);
ALTER TABLE ONLY public.tidemill_newstate_whole
    ADD CONSTRAINT tidemill_newstate_whole_pkey PRIMARY KEY (_hash, k);
ALTER TABLE ONLY public.tidemill_pipelines
    ADD CONSTRAINT tidemill_pipelines_pkey PRIMARY KEY (pipeline);
ALTER TABLE ONLY public.tidemill_runs
    ADD CONSTRAINT tidemill_runs_pkey PRIMARY KEY (pipeline, run);
ALTER TABLE ONLY public.tidemill_state_kept
    ADD CONSTRAINT tidemill_state_kept_pkey PRIMARY KEY (_hash, k);
ALTER TABLE ONLY public.tidemill_state_whole
    ADD CONSTRAINT tidemill_state_whole_pkey PRIMARY KEY (_hash, k);
ALTER TABLE ONLY public.tidemill_units
    ADD CONSTRAINT tidemill_units_pkey PRIMARY KEY (pipeline, run, unit);
ALTER TABLE ONLY public.whole_rejects
    ADD CONSTRAINT whole_rejects_pkey PRIMARY KEY (pipeline, stage, "position");
UPDATE public.tidemill_pipelines SET table_oid = to_regclass('public.kept')::oid WHERE pipeline = 'kept';
UPDATE public.tidemill_pipelines SET table_oid = to_regclass('public.newest')::oid WHERE pipeline = 'newest';
UPDATE public.tidemill_pipelines SET table_oid = to_regclass('public.whole')::oid WHERE pipeline = 'whole';
