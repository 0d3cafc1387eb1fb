CREATE TABLE public.docs_ended (
    k text,
    t timestamp with time zone,
    v bigint,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.docs_ended_late (
    k text,
    t timestamp with time zone,
    v bigint,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.docs_ended_rejects (
    pipeline text NOT NULL,
    stage text NOT NULL,
    "position" text NOT NULL,
    step text,
    column_name text,
    sqlstate text,
    reason text NOT NULL,
    row_values json NOT NULL,
    run bigint,
    undone boolean DEFAULT false NOT NULL
);
CREATE TABLE public.docs_halfway (
    k text,
    t timestamp with time zone,
    v bigint,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.docs_halfway_late (
    k text,
    t timestamp with time zone,
    v bigint,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.docs_halfway_rejects (
    pipeline text NOT NULL,
    stage text NOT NULL,
    "position" text NOT NULL,
    step text,
    column_name text,
    sqlstate text,
    reason text NOT NULL,
    row_values json NOT NULL,
    run bigint,
    undone boolean DEFAULT false NOT NULL
);
CREATE TABLE public.events_ended (
    k text,
    t timestamp with time zone,
    v bigint,
    n bigint,
    _series_k text NOT NULL,
    _day date NOT NULL
);
CREATE TABLE public.events_ended_late (
    k text,
    t timestamp with time zone,
    v bigint,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.events_ended_rejects (
    pipeline text NOT NULL,
    stage text NOT NULL,
    "position" text NOT NULL,
    step text,
    column_name text,
    sqlstate text,
    reason text NOT NULL,
    row_values json NOT NULL,
    run bigint,
    undone boolean DEFAULT false NOT NULL
);
CREATE TABLE public.events_halfway (
    k text,
    t timestamp with time zone,
    v bigint,
    n bigint,
    _series_k text NOT NULL,
    _day date NOT NULL
);
CREATE TABLE public.events_halfway_late (
    k text,
    t timestamp with time zone,
    v bigint,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.events_halfway_rejects (
    pipeline text NOT NULL,
    stage text NOT NULL,
    "position" text NOT NULL,
    step text,
    column_name text,
    sqlstate text,
    reason text NOT NULL,
    row_values json NOT NULL,
    run bigint,
    undone boolean DEFAULT false NOT NULL
);
CREATE TABLE public.kept_ended (
    k text,
    t timestamp with time zone,
    v bigint,
    n bigint,
    _series_k text NOT NULL,
    _day date NOT NULL
);
CREATE TABLE public.kept_ended_late (
    k text,
    t timestamp with time zone,
    v bigint
);
CREATE TABLE public.kept_ended_rejects (
    pipeline text NOT NULL,
    stage text NOT NULL,
    "position" text NOT NULL,
    step text,
    column_name text,
    sqlstate text,
    reason text NOT NULL,
    row_values json NOT NULL,
    run bigint,
    undone boolean DEFAULT false NOT NULL
);
CREATE TABLE public.kept_halfway (
    k text,
    t timestamp with time zone,
    v bigint,
    n bigint,
    _series_k text NOT NULL,
    _day date NOT NULL
);
CREATE TABLE public.kept_halfway_late (
    k text,
    t timestamp with time zone,
    v bigint
);
CREATE TABLE public.kept_halfway_rejects (
    pipeline text NOT NULL,
    stage text NOT NULL,
    "position" text NOT NULL,
    step text,
    column_name text,
    sqlstate text,
    reason text NOT NULL,
    row_values json NOT NULL,
    run bigint,
    undone boolean DEFAULT false NOT NULL
);
CREATE TABLE public.lines_ended (
    k text,
    t timestamp with time zone,
    v bigint
);
CREATE TABLE public.lines_ended_late (
    k text,
    t timestamp with time zone,
    v bigint
);
CREATE TABLE public.lines_ended_rejects (
    pipeline text NOT NULL,
    stage text NOT NULL,
    "position" text NOT NULL,
    step text,
    column_name text,
    sqlstate text,
    reason text NOT NULL,
    row_values json NOT NULL,
    run bigint,
    undone boolean DEFAULT false NOT NULL
);
CREATE TABLE public.lines_halfway (
    k text,
    t timestamp with time zone,
    v bigint
);
CREATE TABLE public.lines_halfway_late (
    k text,
    t timestamp with time zone,
    v bigint
);
CREATE TABLE public.lines_halfway_rejects (
    pipeline text NOT NULL,
    stage text NOT NULL,
    "position" text NOT NULL,
    step text,
    column_name text,
    sqlstate text,
    reason text NOT NULL,
    row_values json NOT NULL,
    run bigint,
    undone boolean DEFAULT false NOT NULL
);
CREATE TABLE public.tidemill_lease (
    pipeline text NOT NULL,
    epoch bigint NOT NULL,
    holder text NOT NULL,
    renewed_at timestamp with time zone NOT NULL
);
CREATE TABLE public.tidemill_ledger (
    one integer NOT NULL,
    version integer NOT NULL,
    CONSTRAINT tidemill_ledger_one_check CHECK ((one = 1))
);
CREATE TABLE public.tidemill_marks (
    pipeline text NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    open boolean NOT NULL,
    run bigint NOT NULL
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
CREATE TABLE public.tidemill_state_events_ended (
    _hash bigint NOT NULL,
    k text NOT NULL,
    _last_day date NOT NULL,
    _previous_day date,
    _run bigint NOT NULL,
    _rows bigint NOT NULL,
    _digest uuid NOT NULL,
    s1_n bigint
);
CREATE TABLE public.tidemill_state_events_halfway (
    _hash bigint NOT NULL,
    k text NOT NULL,
    _last_day date NOT NULL,
    _previous_day date,
    _run bigint NOT NULL,
    _rows bigint NOT NULL,
    _digest uuid NOT NULL,
    s1_n bigint
);
CREATE TABLE public.tidemill_state_kept_ended (
    _hash bigint NOT NULL,
    k text NOT NULL,
    _last_day date NOT NULL,
    _previous_day date,
    _run bigint NOT NULL,
    _rows bigint NOT NULL,
    _digest uuid NOT NULL,
    s1_n bigint
);
CREATE TABLE public.tidemill_state_kept_halfway (
    _hash bigint NOT NULL,
    k text NOT NULL,
    _last_day date NOT NULL,
    _previous_day date,
    _run bigint NOT NULL,
    _rows bigint NOT NULL,
    _digest uuid NOT NULL,
    s1_n bigint
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
INSERT INTO public.docs_ended VALUES ('a', '2024-03-01 00:00:00+00', 0, '2024-03-01 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('a', '2024-03-02 00:00:00+00', 10, '2024-03-02 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('a', '2024-03-03 00:00:00+00', 20, '2024-03-03 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('b', '2024-03-01 01:00:00+00', 1, '2024-03-01 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('b', '2024-03-02 01:00:00+00', 11, '2024-03-02 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('b', '2024-03-03 01:00:00+00', 21, '2024-03-03 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('c', '2024-03-01 02:00:00+00', 2, '2024-03-01 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('c', '2024-03-02 02:00:00+00', 12, '2024-03-02 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('c', '2024-03-03 02:00:00+00', 22, '2024-03-03 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('a', '2024-03-02 00:00:00+00', 30, '2024-03-04 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('a', '2024-03-04 00:00:00+00', 1000, '2024-03-04 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('a', '2024-03-01 00:00:00+00', 1010, '2024-03-05 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('a', '2024-03-05 00:00:00+00', 1020, '2024-03-05 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('a', '2024-03-06 00:00:00+00', 1030, '2024-03-06 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('b', '2024-03-02 01:00:00+00', 31, '2024-03-04 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('b', '2024-03-04 01:00:00+00', 1001, '2024-03-04 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('b', '2024-03-01 01:00:00+00', 1011, '2024-03-05 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('b', '2024-03-05 01:00:00+00', 1021, '2024-03-05 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('b', '2024-03-06 01:00:00+00', 1031, '2024-03-06 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('c', '2024-03-02 02:00:00+00', 32, '2024-03-04 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('c', '2024-03-04 02:00:00+00', 1002, '2024-03-04 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('c', '2024-03-01 02:00:00+00', 1012, '2024-03-05 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('c', '2024-03-05 02:00:00+00', 1022, '2024-03-05 01:00:00+00');
INSERT INTO public.docs_ended VALUES ('c', '2024-03-06 02:00:00+00', 1032, '2024-03-06 01:00:00+00');
INSERT INTO public.docs_ended_rejects VALUES ('docs_ended', 'decode', 'uses/d40', NULL, 'at', NULL, 'the value is missing or null, and the column is required', '{"k": "a", "t": "2024-03-01T00:00:00Z", "v": 40}', 2, false);
INSERT INTO public.docs_ended_rejects VALUES ('docs_ended', 'decode', 'uses/d41', NULL, 'at', NULL, 'the value is missing or null, and the column is required', '{"k": "b", "t": "2024-03-01T01:00:00Z", "v": 41}', 2, false);
INSERT INTO public.docs_ended_rejects VALUES ('docs_ended', 'decode', 'uses/d42', NULL, 'at', NULL, 'the value is missing or null, and the column is required', '{"k": "c", "t": "2024-03-01T02:00:00Z", "v": 42}', 2, false);
INSERT INTO public.docs_halfway VALUES ('a', '2024-03-01 00:00:00+00', 0, '2024-03-01 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('a', '2024-03-02 00:00:00+00', 10, '2024-03-02 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('a', '2024-03-03 00:00:00+00', 20, '2024-03-03 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('b', '2024-03-01 01:00:00+00', 1, '2024-03-01 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('b', '2024-03-02 01:00:00+00', 11, '2024-03-02 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('b', '2024-03-03 01:00:00+00', 21, '2024-03-03 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('c', '2024-03-01 02:00:00+00', 2, '2024-03-01 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('c', '2024-03-02 02:00:00+00', 12, '2024-03-02 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('c', '2024-03-03 02:00:00+00', 22, '2024-03-03 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('a', '2024-03-02 00:00:00+00', 30, '2024-03-04 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('a', '2024-03-04 00:00:00+00', 1000, '2024-03-04 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('a', '2024-03-01 00:00:00+00', 1010, '2024-03-05 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('a', '2024-03-05 00:00:00+00', 1020, '2024-03-05 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('a', '2024-03-06 00:00:00+00', 1030, '2024-03-06 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('b', '2024-03-02 01:00:00+00', 31, '2024-03-04 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('b', '2024-03-04 01:00:00+00', 1001, '2024-03-04 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('b', '2024-03-01 01:00:00+00', 1011, '2024-03-05 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('b', '2024-03-05 01:00:00+00', 1021, '2024-03-05 01:00:00+00');
INSERT INTO public.docs_halfway VALUES ('b', '2024-03-06 01:00:00+00', 1031, '2024-03-06 01:00:00+00');
INSERT INTO public.docs_halfway_rejects VALUES ('docs_halfway', 'decode', 'uses/d42', NULL, 'at', NULL, 'the value is missing or null, and the column is required', '{"k": "c", "t": "2024-03-01T02:00:00Z", "v": 42}', 1, false);
INSERT INTO public.docs_halfway_rejects VALUES ('docs_halfway', 'decode', 'uses/d40', NULL, 'at', NULL, 'the value is missing or null, and the column is required', '{"k": "a", "t": "2024-03-01T00:00:00Z", "v": 40}', 2, false);
INSERT INTO public.docs_halfway_rejects VALUES ('docs_halfway', 'decode', 'uses/d41', NULL, 'at', NULL, 'the value is missing or null, and the column is required', '{"k": "b", "t": "2024-03-01T01:00:00Z", "v": 41}', 2, false);
INSERT INTO public.events_ended VALUES ('a', '2024-03-01 00:00:00+00', 0, 1, 'a', '2024-03-01');
INSERT INTO public.events_ended VALUES ('a', '2024-03-02 00:00:00+00', 10, 2, 'a', '2024-03-02');
INSERT INTO public.events_ended VALUES ('c', '2024-03-01 02:00:00+00', 2, 1, 'c', '2024-03-01');
INSERT INTO public.events_ended VALUES ('c', '2024-03-02 02:00:00+00', 12, 2, 'c', '2024-03-02');
INSERT INTO public.events_ended VALUES ('b', '2024-03-01 01:00:00+00', 1, 1, 'b', '2024-03-01');
INSERT INTO public.events_ended VALUES ('b', '2024-03-02 01:00:00+00', 11, 2, 'b', '2024-03-02');
INSERT INTO public.events_ended VALUES ('a', '2024-03-03 00:00:00+00', 20, 3, 'a', '2024-03-03');
INSERT INTO public.events_ended VALUES ('a', '2024-03-04 00:00:00+00', 1000, 4, 'a', '2024-03-04');
INSERT INTO public.events_ended VALUES ('a', '2024-03-05 00:00:00+00', 1020, 5, 'a', '2024-03-05');
INSERT INTO public.events_ended VALUES ('c', '2024-03-03 02:00:00+00', 22, 3, 'c', '2024-03-03');
INSERT INTO public.events_ended VALUES ('c', '2024-03-04 02:00:00+00', 1002, 4, 'c', '2024-03-04');
INSERT INTO public.events_ended VALUES ('c', '2024-03-05 02:00:00+00', 1022, 5, 'c', '2024-03-05');
INSERT INTO public.events_ended VALUES ('b', '2024-03-03 01:00:00+00', 21, 3, 'b', '2024-03-03');
INSERT INTO public.events_ended VALUES ('b', '2024-03-04 01:00:00+00', 1001, 4, 'b', '2024-03-04');
INSERT INTO public.events_ended VALUES ('b', '2024-03-05 01:00:00+00', 1021, 5, 'b', '2024-03-05');
INSERT INTO public.events_ended_late VALUES ('a', '2024-03-01 00:00:00+00', 1010, '2024-03-05 01:00:00+00');
INSERT INTO public.events_ended_late VALUES ('a', '2024-03-02 00:00:00+00', 30, '2024-03-04 01:00:00+00');
INSERT INTO public.events_ended_late VALUES ('c', '2024-03-01 02:00:00+00', 1012, '2024-03-05 01:00:00+00');
INSERT INTO public.events_ended_late VALUES ('c', '2024-03-02 02:00:00+00', 32, '2024-03-04 01:00:00+00');
INSERT INTO public.events_ended_late VALUES ('b', '2024-03-01 01:00:00+00', 1011, '2024-03-05 01:00:00+00');
INSERT INTO public.events_ended_late VALUES ('b', '2024-03-02 01:00:00+00', 31, '2024-03-04 01:00:00+00');
INSERT INTO public.events_ended_rejects VALUES ('events_ended', 'decode', 'uses/d40', NULL, 'at', NULL, 'the value is missing or null, and the column is required', '{"k": "a", "t": "2024-03-01T00:00:00Z", "v": 40}', 2, false);
INSERT INTO public.events_ended_rejects VALUES ('events_ended', 'decode', 'uses/d41', NULL, 'at', NULL, 'the value is missing or null, and the column is required', '{"k": "b", "t": "2024-03-01T01:00:00Z", "v": 41}', 2, false);
INSERT INTO public.events_ended_rejects VALUES ('events_ended', 'decode', 'uses/d42', NULL, 'at', NULL, 'the value is missing or null, and the column is required', '{"k": "c", "t": "2024-03-01T02:00:00Z", "v": 42}', 2, false);
INSERT INTO public.events_halfway VALUES ('a', '2024-03-01 00:00:00+00', 0, 1, 'a', '2024-03-01');
INSERT INTO public.events_halfway VALUES ('a', '2024-03-02 00:00:00+00', 10, 2, 'a', '2024-03-02');
INSERT INTO public.events_halfway VALUES ('c', '2024-03-01 02:00:00+00', 2, 1, 'c', '2024-03-01');
INSERT INTO public.events_halfway VALUES ('c', '2024-03-02 02:00:00+00', 12, 2, 'c', '2024-03-02');
INSERT INTO public.events_halfway VALUES ('b', '2024-03-01 01:00:00+00', 1, 1, 'b', '2024-03-01');
INSERT INTO public.events_halfway VALUES ('b', '2024-03-02 01:00:00+00', 11, 2, 'b', '2024-03-02');
INSERT INTO public.events_halfway VALUES ('a', '2024-03-03 00:00:00+00', 20, 3, 'a', '2024-03-03');
INSERT INTO public.events_halfway VALUES ('a', '2024-03-04 00:00:00+00', 1000, 4, 'a', '2024-03-04');
INSERT INTO public.events_halfway VALUES ('a', '2024-03-05 00:00:00+00', 1020, 5, 'a', '2024-03-05');
INSERT INTO public.events_halfway VALUES ('c', '2024-03-03 02:00:00+00', 22, 3, 'c', '2024-03-03');
INSERT INTO public.events_halfway VALUES ('c', '2024-03-04 02:00:00+00', 1002, 4, 'c', '2024-03-04');
INSERT INTO public.events_halfway VALUES ('c', '2024-03-05 02:00:00+00', 1022, 5, 'c', '2024-03-05');
INSERT INTO public.events_halfway_late VALUES ('a', '2024-03-01 00:00:00+00', 1010, '2024-03-05 01:00:00+00');
INSERT INTO public.events_halfway_late VALUES ('a', '2024-03-02 00:00:00+00', 30, '2024-03-04 01:00:00+00');
INSERT INTO public.events_halfway_late VALUES ('c', '2024-03-01 02:00:00+00', 1012, '2024-03-05 01:00:00+00');
INSERT INTO public.events_halfway_late VALUES ('c', '2024-03-02 02:00:00+00', 32, '2024-03-04 01:00:00+00');
INSERT INTO public.events_halfway_rejects VALUES ('events_halfway', 'decode', 'uses/d40', NULL, 'at', NULL, 'the value is missing or null, and the column is required', '{"k": "a", "t": "2024-03-01T00:00:00Z", "v": 40}', 2, false);
INSERT INTO public.events_halfway_rejects VALUES ('events_halfway', 'decode', 'uses/d41', NULL, 'at', NULL, 'the value is missing or null, and the column is required', '{"k": "b", "t": "2024-03-01T01:00:00Z", "v": 41}', 2, false);
INSERT INTO public.events_halfway_rejects VALUES ('events_halfway', 'decode', 'uses/d42', NULL, 'at', NULL, 'the value is missing or null, and the column is required', '{"k": "c", "t": "2024-03-01T02:00:00Z", "v": 42}', 2, false);
INSERT INTO public.kept_ended VALUES ('a', '2024-03-01 00:00:00+00', 1000, 1, 'a', '2024-03-01');
INSERT INTO public.kept_ended VALUES ('a', '2024-03-01 00:00:00+00', 2000, 2, 'a', '2024-03-01');
INSERT INTO public.kept_ended VALUES ('a', '2024-03-02 00:00:00+00', 1010, 3, 'a', '2024-03-02');
INSERT INTO public.kept_ended VALUES ('a', '2024-03-02 00:00:00+00', 2010, 4, 'a', '2024-03-02');
INSERT INTO public.kept_ended VALUES ('a', '2024-03-02 00:00:00+00', 3000, 5, 'a', '2024-03-02');
INSERT INTO public.kept_ended VALUES ('c', '2024-03-01 02:00:00+00', 1002, 1, 'c', '2024-03-01');
INSERT INTO public.kept_ended VALUES ('c', '2024-03-01 02:00:00+00', 2002, 2, 'c', '2024-03-01');
INSERT INTO public.kept_ended VALUES ('c', '2024-03-02 02:00:00+00', 1012, 3, 'c', '2024-03-02');
INSERT INTO public.kept_ended VALUES ('c', '2024-03-02 02:00:00+00', 2012, 4, 'c', '2024-03-02');
INSERT INTO public.kept_ended VALUES ('c', '2024-03-02 02:00:00+00', 3002, 5, 'c', '2024-03-02');
INSERT INTO public.kept_ended VALUES ('b', '2024-03-01 01:00:00+00', 1001, 1, 'b', '2024-03-01');
INSERT INTO public.kept_ended VALUES ('b', '2024-03-01 01:00:00+00', 2001, 2, 'b', '2024-03-01');
INSERT INTO public.kept_ended VALUES ('b', '2024-03-02 01:00:00+00', 1011, 3, 'b', '2024-03-02');
INSERT INTO public.kept_ended VALUES ('b', '2024-03-02 01:00:00+00', 2011, 4, 'b', '2024-03-02');
INSERT INTO public.kept_ended VALUES ('b', '2024-03-02 01:00:00+00', 3001, 5, 'b', '2024-03-02');
INSERT INTO public.kept_ended VALUES ('a', '2024-03-03 00:00:00+00', 1020, 6, 'a', '2024-03-03');
INSERT INTO public.kept_ended VALUES ('a', '2024-03-04 00:00:00+00', 1030, 7, 'a', '2024-03-04');
INSERT INTO public.kept_ended VALUES ('a', '2024-03-04 00:00:00+00', 4000, 8, 'a', '2024-03-04');
INSERT INTO public.kept_ended VALUES ('a', '2024-03-05 00:00:00+00', 2030, 9, 'a', '2024-03-05');
INSERT INTO public.kept_ended VALUES ('c', '2024-03-03 02:00:00+00', 1022, 6, 'c', '2024-03-03');
INSERT INTO public.kept_ended VALUES ('c', '2024-03-04 02:00:00+00', 1032, 7, 'c', '2024-03-04');
INSERT INTO public.kept_ended VALUES ('c', '2024-03-04 02:00:00+00', 4002, 8, 'c', '2024-03-04');
INSERT INTO public.kept_ended VALUES ('c', '2024-03-05 02:00:00+00', 2032, 9, 'c', '2024-03-05');
INSERT INTO public.kept_ended VALUES ('b', '2024-03-03 01:00:00+00', 1021, 6, 'b', '2024-03-03');
INSERT INTO public.kept_ended VALUES ('b', '2024-03-04 01:00:00+00', 1031, 7, 'b', '2024-03-04');
INSERT INTO public.kept_ended VALUES ('b', '2024-03-04 01:00:00+00', 4001, 8, 'b', '2024-03-04');
INSERT INTO public.kept_ended VALUES ('b', '2024-03-05 01:00:00+00', 2031, 9, 'b', '2024-03-05');
INSERT INTO public.kept_ended_late VALUES ('a', '2024-03-01 00:00:00+00', 2020);
INSERT INTO public.kept_ended_late VALUES ('c', '2024-03-01 02:00:00+00', 2022);
INSERT INTO public.kept_ended_late VALUES ('b', '2024-03-01 01:00:00+00', 2021);
INSERT INTO public.kept_halfway VALUES ('a', '2024-03-01 00:00:00+00', 1000, 1, 'a', '2024-03-01');
INSERT INTO public.kept_halfway VALUES ('a', '2024-03-01 00:00:00+00', 2000, 2, 'a', '2024-03-01');
INSERT INTO public.kept_halfway VALUES ('a', '2024-03-02 00:00:00+00', 1010, 3, 'a', '2024-03-02');
INSERT INTO public.kept_halfway VALUES ('a', '2024-03-02 00:00:00+00', 2010, 4, 'a', '2024-03-02');
INSERT INTO public.kept_halfway VALUES ('a', '2024-03-02 00:00:00+00', 3000, 5, 'a', '2024-03-02');
INSERT INTO public.kept_halfway VALUES ('c', '2024-03-01 02:00:00+00', 1002, 1, 'c', '2024-03-01');
INSERT INTO public.kept_halfway VALUES ('c', '2024-03-01 02:00:00+00', 2002, 2, 'c', '2024-03-01');
INSERT INTO public.kept_halfway VALUES ('c', '2024-03-02 02:00:00+00', 1012, 3, 'c', '2024-03-02');
INSERT INTO public.kept_halfway VALUES ('c', '2024-03-02 02:00:00+00', 2012, 4, 'c', '2024-03-02');
INSERT INTO public.kept_halfway VALUES ('c', '2024-03-02 02:00:00+00', 3002, 5, 'c', '2024-03-02');
INSERT INTO public.kept_halfway VALUES ('b', '2024-03-01 01:00:00+00', 1001, 1, 'b', '2024-03-01');
INSERT INTO public.kept_halfway VALUES ('b', '2024-03-01 01:00:00+00', 2001, 2, 'b', '2024-03-01');
INSERT INTO public.kept_halfway VALUES ('b', '2024-03-02 01:00:00+00', 1011, 3, 'b', '2024-03-02');
INSERT INTO public.kept_halfway VALUES ('b', '2024-03-02 01:00:00+00', 2011, 4, 'b', '2024-03-02');
INSERT INTO public.kept_halfway VALUES ('b', '2024-03-02 01:00:00+00', 3001, 5, 'b', '2024-03-02');
INSERT INTO public.kept_halfway VALUES ('a', '2024-03-03 00:00:00+00', 1020, 6, 'a', '2024-03-03');
INSERT INTO public.kept_halfway VALUES ('a', '2024-03-04 00:00:00+00', 1030, 7, 'a', '2024-03-04');
INSERT INTO public.kept_halfway VALUES ('a', '2024-03-04 00:00:00+00', 4000, 8, 'a', '2024-03-04');
INSERT INTO public.kept_halfway VALUES ('a', '2024-03-05 00:00:00+00', 2030, 9, 'a', '2024-03-05');
INSERT INTO public.kept_halfway VALUES ('c', '2024-03-03 02:00:00+00', 1022, 6, 'c', '2024-03-03');
INSERT INTO public.kept_halfway VALUES ('c', '2024-03-04 02:00:00+00', 1032, 7, 'c', '2024-03-04');
INSERT INTO public.kept_halfway VALUES ('c', '2024-03-04 02:00:00+00', 4002, 8, 'c', '2024-03-04');
INSERT INTO public.kept_halfway VALUES ('c', '2024-03-05 02:00:00+00', 2032, 9, 'c', '2024-03-05');
INSERT INTO public.kept_halfway_late VALUES ('a', '2024-03-01 00:00:00+00', 2020);
INSERT INTO public.kept_halfway_late VALUES ('c', '2024-03-01 02:00:00+00', 2022);
INSERT INTO public.lines_ended VALUES ('a', '2024-03-01 00:00:00+00', 1000);
INSERT INTO public.lines_ended VALUES ('b', '2024-03-01 01:00:00+00', 1001);
INSERT INTO public.lines_ended VALUES ('c', '2024-03-01 02:00:00+00', 1002);
INSERT INTO public.lines_ended VALUES ('a', '2024-03-02 00:00:00+00', 1010);
INSERT INTO public.lines_ended VALUES ('b', '2024-03-02 01:00:00+00', 1011);
INSERT INTO public.lines_ended VALUES ('c', '2024-03-02 02:00:00+00', 1012);
INSERT INTO public.lines_ended VALUES ('a', '2024-03-03 00:00:00+00', 1020);
INSERT INTO public.lines_ended VALUES ('b', '2024-03-03 01:00:00+00', 1021);
INSERT INTO public.lines_ended VALUES ('c', '2024-03-03 02:00:00+00', 1022);
INSERT INTO public.lines_ended VALUES ('a', '2024-03-01 00:00:00+00', 2000);
INSERT INTO public.lines_ended VALUES ('b', '2024-03-01 01:00:00+00', 2001);
INSERT INTO public.lines_ended VALUES ('c', '2024-03-01 02:00:00+00', 2002);
INSERT INTO public.lines_ended VALUES ('a', '2024-03-02 00:00:00+00', 2010);
INSERT INTO public.lines_ended VALUES ('b', '2024-03-02 01:00:00+00', 2011);
INSERT INTO public.lines_ended VALUES ('c', '2024-03-02 02:00:00+00', 2012);
INSERT INTO public.lines_ended VALUES ('a', '2024-03-02 00:00:00+00', 3000);
INSERT INTO public.lines_ended VALUES ('b', '2024-03-02 01:00:00+00', 3001);
INSERT INTO public.lines_ended VALUES ('c', '2024-03-02 02:00:00+00', 3002);
INSERT INTO public.lines_ended VALUES ('a', '2024-03-01 00:00:00+00', 2020);
INSERT INTO public.lines_ended VALUES ('b', '2024-03-01 01:00:00+00', 2021);
INSERT INTO public.lines_ended VALUES ('c', '2024-03-01 02:00:00+00', 2022);
INSERT INTO public.lines_ended VALUES ('a', '2024-03-05 00:00:00+00', 2030);
INSERT INTO public.lines_ended VALUES ('b', '2024-03-05 01:00:00+00', 2031);
INSERT INTO public.lines_ended VALUES ('c', '2024-03-05 02:00:00+00', 2032);
INSERT INTO public.lines_ended VALUES ('a', '2024-03-06 00:00:00+00', 2040);
INSERT INTO public.lines_ended VALUES ('b', '2024-03-06 01:00:00+00', 2041);
INSERT INTO public.lines_ended VALUES ('c', '2024-03-06 02:00:00+00', 2042);
INSERT INTO public.lines_ended VALUES ('a', '2024-03-04 00:00:00+00', 4000);
INSERT INTO public.lines_ended VALUES ('b', '2024-03-04 01:00:00+00', 4001);
INSERT INTO public.lines_ended VALUES ('c', '2024-03-04 02:00:00+00', 4002);
INSERT INTO public.lines_ended VALUES ('a', '2024-03-06 00:00:00+00', 4010);
INSERT INTO public.lines_ended VALUES ('b', '2024-03-06 01:00:00+00', 4011);
INSERT INTO public.lines_ended VALUES ('c', '2024-03-06 02:00:00+00', 4012);
INSERT INTO public.lines_ended VALUES ('a', '2024-03-04 00:00:00+00', 1030);
INSERT INTO public.lines_ended VALUES ('b', '2024-03-04 01:00:00+00', 1031);
INSERT INTO public.lines_ended VALUES ('c', '2024-03-04 02:00:00+00', 1032);
INSERT INTO public.lines_halfway VALUES ('a', '2024-03-01 00:00:00+00', 1000);
INSERT INTO public.lines_halfway VALUES ('b', '2024-03-01 01:00:00+00', 1001);
INSERT INTO public.lines_halfway VALUES ('c', '2024-03-01 02:00:00+00', 1002);
INSERT INTO public.lines_halfway VALUES ('a', '2024-03-02 00:00:00+00', 1010);
INSERT INTO public.lines_halfway VALUES ('b', '2024-03-02 01:00:00+00', 1011);
INSERT INTO public.lines_halfway VALUES ('c', '2024-03-02 02:00:00+00', 1012);
INSERT INTO public.lines_halfway VALUES ('a', '2024-03-03 00:00:00+00', 1020);
INSERT INTO public.lines_halfway VALUES ('b', '2024-03-03 01:00:00+00', 1021);
INSERT INTO public.lines_halfway VALUES ('c', '2024-03-03 02:00:00+00', 1022);
INSERT INTO public.lines_halfway VALUES ('a', '2024-03-01 00:00:00+00', 2000);
INSERT INTO public.lines_halfway VALUES ('b', '2024-03-01 01:00:00+00', 2001);
INSERT INTO public.lines_halfway VALUES ('c', '2024-03-01 02:00:00+00', 2002);
INSERT INTO public.lines_halfway VALUES ('a', '2024-03-02 00:00:00+00', 2010);
INSERT INTO public.lines_halfway VALUES ('b', '2024-03-02 01:00:00+00', 2011);
INSERT INTO public.lines_halfway VALUES ('c', '2024-03-02 02:00:00+00', 2012);
INSERT INTO public.lines_halfway VALUES ('a', '2024-03-02 00:00:00+00', 3000);
INSERT INTO public.lines_halfway VALUES ('b', '2024-03-02 01:00:00+00', 3001);
INSERT INTO public.lines_halfway VALUES ('c', '2024-03-02 02:00:00+00', 3002);
INSERT INTO public.lines_halfway VALUES ('a', '2024-03-01 00:00:00+00', 2020);
INSERT INTO public.lines_halfway VALUES ('b', '2024-03-01 01:00:00+00', 2021);
INSERT INTO public.lines_halfway VALUES ('c', '2024-03-01 02:00:00+00', 2022);
INSERT INTO public.lines_halfway VALUES ('a', '2024-03-05 00:00:00+00', 2030);
INSERT INTO public.lines_halfway VALUES ('b', '2024-03-05 01:00:00+00', 2031);
INSERT INTO public.lines_halfway VALUES ('c', '2024-03-05 02:00:00+00', 2032);
INSERT INTO public.lines_halfway VALUES ('a', '2024-03-06 00:00:00+00', 2040);
INSERT INTO public.lines_halfway VALUES ('b', '2024-03-06 01:00:00+00', 2041);
INSERT INTO public.lines_halfway VALUES ('c', '2024-03-06 02:00:00+00', 2042);
INSERT INTO public.lines_halfway VALUES ('a', '2024-03-04 00:00:00+00', 4000);
INSERT INTO public.lines_halfway VALUES ('b', '2024-03-04 01:00:00+00', 4001);
INSERT INTO public.lines_halfway VALUES ('c', '2024-03-04 02:00:00+00', 4002);
INSERT INTO public.lines_halfway VALUES ('a', '2024-03-06 00:00:00+00', 4010);
INSERT INTO public.lines_halfway VALUES ('b', '2024-03-06 01:00:00+00', 4011);
INSERT INTO public.lines_halfway VALUES ('c', '2024-03-06 02:00:00+00', 4012);
INSERT INTO public.tidemill_lease VALUES ('kept_ended', 2, '', '1970-01-01 00:00:00+00');
INSERT INTO public.tidemill_lease VALUES ('lines_ended', 2, '', '1970-01-01 00:00:00+00');
INSERT INTO public.tidemill_lease VALUES ('events_ended', 2, '', '1970-01-01 00:00:00+00');
INSERT INTO public.tidemill_lease VALUES ('docs_ended', 2, '', '1970-01-01 00:00:00+00');
INSERT INTO public.tidemill_lease VALUES ('kept_halfway', 2, 'host=vm pid=8765 start=246850 boot=becdf223-940a-4252-86d4-de771cbcf53f pidns=4026531836 at=1795346728855158', '2026-11-22 11:25:28.862877+00');
INSERT INTO public.tidemill_lease VALUES ('lines_halfway', 2, 'host=vm pid=8794 start=246870 boot=becdf223-940a-4252-86d4-de771cbcf53f pidns=4026531836 at=1795346729072716', '2026-11-22 11:25:29.080995+00');
INSERT INTO public.tidemill_lease VALUES ('events_halfway', 2, 'host=vm pid=8825 start=246888 boot=becdf223-940a-4252-86d4-de771cbcf53f pidns=4026531836 at=1795346729255826', '2026-11-22 11:25:29.261933+00');
INSERT INTO public.tidemill_lease VALUES ('docs_halfway', 2, 'host=vm pid=8841 start=246908 boot=becdf223-940a-4252-86d4-de771cbcf53f pidns=4026531836 at=1795346729459561', '2026-11-22 11:25:29.467329+00');
INSERT INTO public.tidemill_ledger VALUES (1, 2);
INSERT INTO public.tidemill_marks VALUES ('kept_ended', 'in/c.ndjson', '153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c', false, 1);
INSERT INTO public.tidemill_marks VALUES ('lines_ended', 'in/c.ndjson', '153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c', false, 1);
INSERT INTO public.tidemill_marks VALUES ('kept_halfway', 'in/a.ndjson', '459:1709900000000000000 459 9bf5fd12e89eacd0db8506e8c29ea5ba', true, 1);
INSERT INTO public.tidemill_marks VALUES ('kept_halfway', 'in/b.ndjson', '306:1709900000000000000 306 7654835a27278db389b82f94447532b7', false, 1);
INSERT INTO public.tidemill_marks VALUES ('kept_halfway', 'in/c.ndjson', '153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c', false, 1);
INSERT INTO public.tidemill_marks VALUES ('lines_halfway', 'in/a.ndjson', '459:1709900000000000000 459 9bf5fd12e89eacd0db8506e8c29ea5ba', false, 1);
INSERT INTO public.tidemill_marks VALUES ('lines_halfway', 'in/b.ndjson', '306:1709900000000000000 306 7654835a27278db389b82f94447532b7', false, 1);
INSERT INTO public.tidemill_marks VALUES ('lines_halfway', 'in/c.ndjson', '153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c', false, 1);
INSERT INTO public.tidemill_marks VALUES ('events_halfway', 'cursor', '1709467201785000 1709427600000000 at', false, 1);
INSERT INTO public.tidemill_marks VALUES ('docs_halfway', 'cursor', '1709467201974000 1709467201974000 at', false, 1);
INSERT INTO public.tidemill_marks VALUES ('kept_ended', 'in/a.ndjson', '612:1709900000000000001 612 8ea0c20219eacad22e6f506c85355607', false, 2);
INSERT INTO public.tidemill_marks VALUES ('kept_ended', 'in/b.ndjson', '765:1709900000000000001 765 094a0af697fa2c0ea628ebe5e8fff115 306', true, 2);
INSERT INTO public.tidemill_marks VALUES ('kept_ended', 'in/d.ndjson', '306:1709900000000000001 306 208a715ab29f93bfdc4ff04fbf84f1d0', true, 2);
INSERT INTO public.tidemill_marks VALUES ('kept_ended', 'in/c.moved.ndjson', '153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c', false, 2);
INSERT INTO public.tidemill_marks VALUES ('lines_ended', 'in/a.ndjson', '612:1709900000000000001 612 8ea0c20219eacad22e6f506c85355607 459', false, 2);
INSERT INTO public.tidemill_marks VALUES ('lines_ended', 'in/b.ndjson', '765:1709900000000000001 765 094a0af697fa2c0ea628ebe5e8fff115 306', false, 2);
INSERT INTO public.tidemill_marks VALUES ('lines_ended', 'in/d.ndjson', '306:1709900000000000001 306 208a715ab29f93bfdc4ff04fbf84f1d0', false, 2);
INSERT INTO public.tidemill_marks VALUES ('lines_ended', 'in/c.moved.ndjson', '153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c', false, 2);
INSERT INTO public.tidemill_marks VALUES ('events_ended', 'cursor', '1709726400534000 1709686800000000 at', false, 2);
INSERT INTO public.tidemill_marks VALUES ('docs_ended', 'cursor', '1709726400685000 1709726400685000 at', false, 2);
INSERT INTO public.tidemill_pipelines VALUES ('kept_ended', 'kept_ended', 16445, '9eb219a735832156fdae52b0f68cf985', 'series hash: version 1
files: "in/*.ndjson"
file format: 
delimiter: 
column k: text from "k" format  zone  array 0 required 0 truncate 0 default ""
column t: timestamp from "t" format  zone  array 0 required 0 truncate 0 default ""
column v: int64 from "v" format  zone  array 0 required 0 truncate 0 default ""
series: "k"
time: "t"
tie:
timezone: 
step 1 lua: 25d22446bb4e23353d4cec489af0f222
output: k text 0 t timestamp 0 v int64 0 n int64 0 _series_k text 1 _day date 2
mode: "append"
key:
newest: 
', 'append', '');
INSERT INTO public.tidemill_pipelines VALUES ('lines_ended', 'lines_ended', 16470, '5bbc1a147debfd2811fa30fb921ec894', 'series hash: version 1
files: "in/*.ndjson"
file format: 
delimiter: 
column k: text from "k" format  zone  array 0 required 0 truncate 0 default ""
column t: timestamp from "t" format  zone  array 0 required 0 truncate 0 default ""
column v: int64 from "v" format  zone  array 0 required 0 truncate 0 default ""
series:
time: 
tie:
timezone: 
output: k text 0 t timestamp 0 v int64 0
mode: "append"
key:
newest: 
', 'append', '');
INSERT INTO public.tidemill_pipelines VALUES ('events_ended', 'events_ended', 16488, '6d5d6b7f7891c02b3e2995da152c2b02', 'series hash: version 1
index: "uses"
query: 
column k: text from "k" format  zone  array 0 required 0 truncate 0 default ""
column t: timestamp from "t" format  zone  array 0 required 0 truncate 0 default ""
column v: int64 from "v" format  zone  array 0 required 0 truncate 0 default ""
column at: timestamp from "at" format  zone  array 0 required 1 truncate 0 default ""
series: "k"
time: "t"
tie:
timezone: 
cursor: "at"
step 1 lua: b9680b5ac9d89027a26c8d188ed411e1
output: k text 0 t timestamp 0 v int64 0 n int64 0 _series_k text 1 _day date 2
mode: "append"
key:
newest: 
', 'append', '');
INSERT INTO public.tidemill_pipelines VALUES ('docs_ended', 'docs_ended', 16513, '22f8d29838c687774e71673343916066', 'series hash: version 1
index: "uses"
query: 
column k: text from "k" format  zone  array 0 required 0 truncate 0 default ""
column t: timestamp from "t" format  zone  array 0 required 0 truncate 0 default ""
column v: int64 from "v" format  zone  array 0 required 0 truncate 0 default ""
column at: timestamp from "at" format  zone  array 0 required 1 truncate 0 default ""
series:
time: 
tie:
timezone: 
cursor: "at"
output: k text 0 t timestamp 0 v int64 0 at timestamp 0
mode: "append"
key:
newest: 
', 'append', '');
INSERT INTO public.tidemill_pipelines VALUES ('kept_halfway', 'kept_halfway', 16531, '9eb219a735832156fdae52b0f68cf985', 'series hash: version 1
files: "in/*.ndjson"
file format: 
delimiter: 
column k: text from "k" format  zone  array 0 required 0 truncate 0 default ""
column t: timestamp from "t" format  zone  array 0 required 0 truncate 0 default ""
column v: int64 from "v" format  zone  array 0 required 0 truncate 0 default ""
series: "k"
time: "t"
tie:
timezone: 
step 1 lua: 25d22446bb4e23353d4cec489af0f222
output: k text 0 t timestamp 0 v int64 0 n int64 0 _series_k text 1 _day date 2
mode: "append"
key:
newest: 
', 'append', '');
INSERT INTO public.tidemill_pipelines VALUES ('lines_halfway', 'lines_halfway', 16556, '5bbc1a147debfd2811fa30fb921ec894', 'series hash: version 1
files: "in/*.ndjson"
file format: 
delimiter: 
column k: text from "k" format  zone  array 0 required 0 truncate 0 default ""
column t: timestamp from "t" format  zone  array 0 required 0 truncate 0 default ""
column v: int64 from "v" format  zone  array 0 required 0 truncate 0 default ""
series:
time: 
tie:
timezone: 
output: k text 0 t timestamp 0 v int64 0
mode: "append"
key:
newest: 
', 'append', '');
INSERT INTO public.tidemill_pipelines VALUES ('events_halfway', 'events_halfway', 16574, '6d5d6b7f7891c02b3e2995da152c2b02', 'series hash: version 1
index: "uses"
query: 
column k: text from "k" format  zone  array 0 required 0 truncate 0 default ""
column t: timestamp from "t" format  zone  array 0 required 0 truncate 0 default ""
column v: int64 from "v" format  zone  array 0 required 0 truncate 0 default ""
column at: timestamp from "at" format  zone  array 0 required 1 truncate 0 default ""
series: "k"
time: "t"
tie:
timezone: 
cursor: "at"
step 1 lua: b9680b5ac9d89027a26c8d188ed411e1
output: k text 0 t timestamp 0 v int64 0 n int64 0 _series_k text 1 _day date 2
mode: "append"
key:
newest: 
', 'append', '');
INSERT INTO public.tidemill_pipelines VALUES ('docs_halfway', 'docs_halfway', 16599, '22f8d29838c687774e71673343916066', 'series hash: version 1
index: "uses"
query: 
column k: text from "k" format  zone  array 0 required 0 truncate 0 default ""
column t: timestamp from "t" format  zone  array 0 required 0 truncate 0 default ""
column v: int64 from "v" format  zone  array 0 required 0 truncate 0 default ""
column at: timestamp from "at" format  zone  array 0 required 1 truncate 0 default ""
series:
time: 
tie:
timezone: 
cursor: "at"
output: k text 0 t timestamp 0 v int64 0 at timestamp 0
mode: "append"
key:
newest: 
', 'append', '');
INSERT INTO public.tidemill_runs VALUES ('kept_ended', 1, 'complete', '2026-11-22 11:25:26.337865+00', '2026-11-22 11:25:26.573442+00', '{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"459:1709900000000000000","mark":"459:1709900000000000000 459 9bf5fd12e89eacd0db8506e8c29ea5ba","reason":0,"begin":0,"end":459,"known":0},{"name":"in/b.ndjson","identity":"306:1709900000000000000","mark":"306:1709900000000000000 306 7654835a27278db389b82f94447532b7","reason":0,"begin":0,"end":306,"known":0},{"name":"in/c.ndjson","identity":"153:1709900000000000000","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c","reason":0,"begin":0,"end":153,"known":0}],"marks":[]}', '{"pipeline":"kept_ended","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:25:26.337865Z","ended_at":"2026-11-22T11:25:26.573442Z","horizon":"2024-03-03T00:00:00Z","source":"","splits":3,"counts":{"read":18,"consumed":15,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":3,"rejected":0,"discarded":0,"emitted":15,"loaded":15,"superseded":0,"refused":0,"series":3,"days":6,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 lua","rows_in":15,"rows_out":15,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":241917},{"stage":"reading","micros":175,"rows":18,"rows_per_second":102857,"bytes":918},{"stage":"sorting","micros":3},{"stage":"processing","micros":52976,"rows":15,"rows_per_second":283},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":13819904,"memory_mean_bytes":13414400,"budget_peak_bytes":2623203,"cpu_micros":9867,"wall_micros":295147,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":7,"rejects":0,"loaded_ever":15,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('lines_ended', 1, 'complete', '2026-11-22 11:25:26.656313+00', '2026-11-22 11:25:26.82625+00', '{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"459:1709900000000000000","mark":"459:1709900000000000000 459 9bf5fd12e89eacd0db8506e8c29ea5ba","reason":0,"begin":0,"end":459,"known":0},{"name":"in/b.ndjson","identity":"306:1709900000000000000","mark":"306:1709900000000000000 306 7654835a27278db389b82f94447532b7","reason":0,"begin":0,"end":306,"known":0},{"name":"in/c.ndjson","identity":"153:1709900000000000000","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c","reason":0,"begin":0,"end":153,"known":0}],"marks":[]}', '{"pipeline":"lines_ended","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:25:26.656313Z","ended_at":"2026-11-22T11:25:26.826250Z","source":"","splits":3,"counts":{"read":18,"consumed":18,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":18,"loaded":18,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":126134},{"stage":"reading","micros":67814,"rows":18,"rows_per_second":265,"bytes":918},{"stage":"sorting","micros":0},{"stage":"processing","micros":0,"rows":18,"rows_per_second":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":13049856,"memory_mean_bytes":12965888,"budget_peak_bytes":524585,"cpu_micros":5151,"wall_micros":190313,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":3,"rejects":0,"loaded_ever":18,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('docs_halfway', 1, 'complete', '2026-11-22 11:25:27.974003+00', '2026-11-22 11:25:28.097211+00', '{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"cursor_low":-9223372036854775808,"cursor_high":1709467201974000,"cursor_known":-9223372036854775808,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}', '{"pipeline":"docs_halfway","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:25:27.974003Z","ended_at":"2026-11-22T11:25:28.097211Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":12,"consumed":9,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":3,"discarded":0,"emitted":9,"loaded":9,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":103375},{"stage":"reading","micros":35539,"rows":12,"rows_per_second":337,"bytes":2454},{"stage":"sorting","micros":0},{"stage":"processing","micros":0,"rows":9,"rows_per_second":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":15691776,"memory_mean_bytes":15369830,"budget_peak_bytes":65655,"cpu_micros":5977,"wall_micros":138983,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":3,"rejects":3,"loaded_ever":9,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('events_ended', 1, 'complete', '2026-11-22 11:25:26.950266+00', '2026-11-22 11:25:27.239213+00', '{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"replaces":0,"cursor_low":-9223372036854775808,"cursor_high":1709467200950000,"cursor_known":-9223372036854775808,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}', '{"pipeline":"events_ended","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:25:26.950266Z","ended_at":"2026-11-22T11:25:27.239213Z","horizon":"2024-03-03T00:00:00Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":12,"consumed":6,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":3,"rejected":3,"discarded":0,"emitted":6,"loaded":6,"superseded":0,"refused":0,"series":3,"days":6,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 lua","rows_in":6,"rows_out":6,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":300131},{"stage":"reading","micros":5310,"rows":12,"rows_per_second":2259,"bytes":2454},{"stage":"sorting","micros":6},{"stage":"processing","micros":26306,"rows":6,"rows_per_second":228},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":16252928,"memory_mean_bytes":15806464,"budget_peak_bytes":2164151,"cpu_micros":12949,"wall_micros":331832,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":5,"rejects":3,"loaded_ever":6,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('docs_ended', 1, 'complete', '2026-11-22 11:25:27.282394+00', '2026-11-22 11:25:27.372151+00', '{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"cursor_low":-9223372036854775808,"cursor_high":1709467201282000,"cursor_known":-9223372036854775808,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}', '{"pipeline":"docs_ended","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:25:27.282394Z","ended_at":"2026-11-22T11:25:27.372151Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":12,"consumed":9,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":3,"discarded":0,"emitted":9,"loaded":9,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":59426},{"stage":"reading","micros":45450,"rows":12,"rows_per_second":264,"bytes":2454},{"stage":"sorting","micros":0},{"stage":"processing","micros":0,"rows":9,"rows_per_second":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":15757312,"memory_mean_bytes":14827520,"budget_peak_bytes":65655,"cpu_micros":6813,"wall_micros":104940,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":3,"rejects":3,"loaded_ever":9,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('kept_halfway', 1, 'complete', '2026-11-22 11:25:27.418016+00', '2026-11-22 11:25:27.531121+00', '{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"459:1709900000000000000","mark":"459:1709900000000000000 459 9bf5fd12e89eacd0db8506e8c29ea5ba","reason":0,"begin":0,"end":459,"known":0},{"name":"in/b.ndjson","identity":"306:1709900000000000000","mark":"306:1709900000000000000 306 7654835a27278db389b82f94447532b7","reason":0,"begin":0,"end":306,"known":0},{"name":"in/c.ndjson","identity":"153:1709900000000000000","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c","reason":0,"begin":0,"end":153,"known":0}],"marks":[]}', '{"pipeline":"kept_halfway","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:25:27.418016Z","ended_at":"2026-11-22T11:25:27.531121Z","horizon":"2024-03-03T00:00:00Z","source":"","splits":3,"counts":{"read":18,"consumed":15,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":3,"rejected":0,"discarded":0,"emitted":15,"loaded":15,"superseded":0,"refused":0,"series":3,"days":6,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 lua","rows_in":15,"rows_out":15,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":89440},{"stage":"reading","micros":153,"rows":18,"rows_per_second":117647,"bytes":918},{"stage":"sorting","micros":3},{"stage":"processing","micros":44295,"rows":15,"rows_per_second":338},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":13824000,"memory_mean_bytes":13370982,"budget_peak_bytes":2623203,"cpu_micros":9221,"wall_micros":133975,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":7,"rejects":0,"loaded_ever":15,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('lines_halfway', 1, 'complete', '2026-11-22 11:25:27.595428+00', '2026-11-22 11:25:27.71057+00', '{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"459:1709900000000000000","mark":"459:1709900000000000000 459 9bf5fd12e89eacd0db8506e8c29ea5ba","reason":0,"begin":0,"end":459,"known":0},{"name":"in/b.ndjson","identity":"306:1709900000000000000","mark":"306:1709900000000000000 306 7654835a27278db389b82f94447532b7","reason":0,"begin":0,"end":306,"known":0},{"name":"in/c.ndjson","identity":"153:1709900000000000000","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c","reason":0,"begin":0,"end":153,"known":0}],"marks":[]}', '{"pipeline":"lines_halfway","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:25:27.595428Z","ended_at":"2026-11-22T11:25:27.710570Z","source":"","splits":3,"counts":{"read":18,"consumed":18,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":18,"loaded":18,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":127871},{"stage":"reading","micros":22971,"rows":18,"rows_per_second":783,"bytes":918},{"stage":"sorting","micros":0},{"stage":"processing","micros":0,"rows":18,"rows_per_second":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":13082624,"memory_mean_bytes":12749209,"budget_peak_bytes":524585,"cpu_micros":4122,"wall_micros":150903,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":3,"rejects":0,"loaded_ever":18,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('events_halfway', 1, 'complete', '2026-11-22 11:25:27.785666+00', '2026-11-22 11:25:27.939425+00', '{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"replaces":0,"cursor_low":-9223372036854775808,"cursor_high":1709467201785000,"cursor_known":-9223372036854775808,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}', '{"pipeline":"events_halfway","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:25:27.785666Z","ended_at":"2026-11-22T11:25:27.939425Z","horizon":"2024-03-03T00:00:00Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":12,"consumed":6,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":3,"rejected":3,"discarded":0,"emitted":6,"loaded":6,"superseded":0,"refused":0,"series":3,"days":6,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 lua","rows_in":6,"rows_out":6,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":147374},{"stage":"reading","micros":7998,"rows":12,"rows_per_second":1500,"bytes":2454},{"stage":"sorting","micros":7},{"stage":"processing","micros":20726,"rows":6,"rows_per_second":289},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":16179200,"memory_mean_bytes":15762773,"budget_peak_bytes":2164151,"cpu_micros":11782,"wall_micros":176169,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":5,"rejects":3,"loaded_ever":6,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('kept_ended', 2, 'complete', '2026-11-22 11:25:28.194933+00', '2026-11-22 11:25:28.301562+00', '{"version":1,"horizon_micros":1709683200000000,"by_marks":1,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"612:1709900000000000001","mark":"612:1709900000000000001 612 8ea0c20219eacad22e6f506c85355607","reason":1,"begin":0,"end":612,"known":459},{"name":"in/b.ndjson","identity":"765:1709900000000000001","mark":"765:1709900000000000001 765 094a0af697fa2c0ea628ebe5e8fff115 306","reason":1,"begin":306,"end":765,"known":306},{"name":"in/d.ndjson","identity":"306:1709900000000000001","mark":"306:1709900000000000001 306 208a715ab29f93bfdc4ff04fbf84f1d0","reason":0,"begin":0,"end":306,"known":0}],"marks":[{"name":"in/c.moved.ndjson","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c"}]}', '{"pipeline":"kept_ended","run":2,"status":"complete","resumed":false,"started_at":"2026-11-22T11:25:28.194933Z","ended_at":"2026-11-22T11:25:28.301562Z","horizon":"2024-03-06T00:00:00Z","source":"","splits":3,"counts":{"read":27,"consumed":12,"rebuilt":0,"seen":6,"late":3,"unmatched":0,"left":6,"rejected":0,"discarded":0,"emitted":12,"loaded":12,"superseded":0,"refused":0,"series":3,"days":9,"gone_or_changed_series":0,"late_or_changed_series":3,"failed_series":0},"steps":[{"step":"1 lua","rows_in":12,"rows_out":12,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":66842},{"stage":"reading","micros":164,"rows":27,"rows_per_second":164634,"bytes":1378},{"stage":"sorting","micros":3},{"stage":"processing","micros":79430,"rows":12,"rows_per_second":151},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":14012416,"memory_mean_bytes":13660979,"budget_peak_bytes":2623814,"cpu_micros":9725,"wall_micros":146510,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":7,"rejects":0,"loaded_ever":27,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('lines_ended', 2, 'complete', '2026-11-22 11:25:28.406885+00', '2026-11-22 11:25:28.4656+00', '{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"612:1709900000000000001","mark":"612:1709900000000000001 612 8ea0c20219eacad22e6f506c85355607 459","reason":1,"begin":459,"end":612,"known":459},{"name":"in/b.ndjson","identity":"765:1709900000000000001","mark":"765:1709900000000000001 765 094a0af697fa2c0ea628ebe5e8fff115 306","reason":1,"begin":306,"end":765,"known":306},{"name":"in/d.ndjson","identity":"306:1709900000000000001","mark":"306:1709900000000000001 306 208a715ab29f93bfdc4ff04fbf84f1d0","reason":0,"begin":0,"end":306,"known":0}],"marks":[{"name":"in/c.moved.ndjson","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c"}]}', '{"pipeline":"lines_ended","run":2,"status":"complete","resumed":false,"started_at":"2026-11-22T11:25:28.406885Z","ended_at":"2026-11-22T11:25:28.465600Z","source":"","splits":3,"counts":{"read":18,"consumed":18,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":18,"loaded":18,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":83222},{"stage":"reading","micros":23663,"rows":18,"rows_per_second":760,"bytes":920},{"stage":"sorting","micros":0},{"stage":"processing","micros":0,"rows":18,"rows_per_second":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":13135872,"memory_mean_bytes":12856320,"budget_peak_bytes":524585,"cpu_micros":4390,"wall_micros":106958,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":3,"rejects":0,"loaded_ever":36,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('events_ended', 2, 'complete', '2026-11-22 11:25:28.534094+00', '2026-11-22 11:25:28.620784+00', '{"version":1,"horizon_micros":1709683200000000,"by_marks":1,"replaces":0,"cursor_low":1709427600000000,"cursor_high":1709726400534000,"cursor_known":1709467200950000,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}', '{"pipeline":"events_ended","run":2,"status":"complete","resumed":false,"started_at":"2026-11-22T11:25:28.534094Z","ended_at":"2026-11-22T11:25:28.620784Z","horizon":"2024-03-06T00:00:00Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":21,"consumed":9,"rebuilt":0,"seen":0,"late":6,"unmatched":0,"left":3,"rejected":3,"discarded":0,"emitted":9,"loaded":9,"superseded":0,"refused":0,"series":3,"days":9,"gone_or_changed_series":0,"late_or_changed_series":3,"failed_series":0},"steps":[{"step":"1 lua","rows_in":9,"rows_out":9,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":58939},{"stage":"reading","micros":3796,"rows":21,"rows_per_second":5532,"bytes":3834},{"stage":"sorting","micros":6},{"stage":"processing","micros":44906,"rows":9,"rows_per_second":200},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":16228352,"memory_mean_bytes":15688704,"budget_peak_bytes":2164904,"cpu_micros":10297,"wall_micros":107722,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":7,"rejects":3,"loaded_ever":15,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('docs_ended', 2, 'complete', '2026-11-22 11:25:28.685873+00', '2026-11-22 11:25:28.784884+00', '{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"cursor_low":1709467201282000,"cursor_high":1709726400685000,"cursor_known":1709467201282000,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}', '{"pipeline":"docs_ended","run":2,"status":"complete","resumed":false,"started_at":"2026-11-22T11:25:28.685873Z","ended_at":"2026-11-22T11:25:28.784884Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":18,"consumed":15,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":3,"discarded":0,"emitted":15,"loaded":15,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":83038},{"stage":"reading","micros":49588,"rows":18,"rows_per_second":362,"bytes":3392},{"stage":"sorting","micros":0},{"stage":"processing","micros":0,"rows":15,"rows_per_second":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":15687680,"memory_mean_bytes":15294464,"budget_peak_bytes":65744,"cpu_micros":6654,"wall_micros":132690,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":3,"rejects":3,"loaded_ever":24,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('kept_halfway', 2, 'started', '2026-11-22 11:25:28.850092+00', NULL, '{"version":1,"horizon_micros":1709683200000000,"by_marks":1,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"612:1709900000000000001","mark":"612:1709900000000000001 612 8ea0c20219eacad22e6f506c85355607","reason":1,"begin":0,"end":612,"known":459},{"name":"in/b.ndjson","identity":"765:1709900000000000001","mark":"765:1709900000000000001 765 094a0af697fa2c0ea628ebe5e8fff115 306","reason":1,"begin":306,"end":765,"known":306},{"name":"in/d.ndjson","identity":"306:1709900000000000001","mark":"306:1709900000000000001 306 208a715ab29f93bfdc4ff04fbf84f1d0","reason":0,"begin":0,"end":306,"known":0}],"marks":[{"name":"in/c.moved.ndjson","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c"}]}', '{"pipeline":"kept_halfway","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T11:25:28.850092Z","horizon":"2024-03-06T00:00:00Z","source":"","splits":3,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 lua","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":13512704,"memory_mean_bytes":13092864,"budget_peak_bytes":0,"cpu_micros":1871,"wall_micros":27207,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":15,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('lines_halfway', 2, 'started', '2026-11-22 11:25:29.065222+00', NULL, '{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"612:1709900000000000001","mark":"612:1709900000000000001 612 8ea0c20219eacad22e6f506c85355607 459","reason":1,"begin":459,"end":612,"known":459},{"name":"in/b.ndjson","identity":"765:1709900000000000001","mark":"765:1709900000000000001 765 094a0af697fa2c0ea628ebe5e8fff115 306","reason":1,"begin":306,"end":765,"known":306},{"name":"in/d.ndjson","identity":"306:1709900000000000001","mark":"306:1709900000000000001 306 208a715ab29f93bfdc4ff04fbf84f1d0","reason":0,"begin":0,"end":306,"known":0}],"marks":[{"name":"in/c.moved.ndjson","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c"}]}', '{"pipeline":"lines_halfway","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T11:25:29.065222Z","source":"","splits":3,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":12947456,"memory_mean_bytes":12580864,"budget_peak_bytes":0,"cpu_micros":1756,"wall_micros":35190,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":18,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('events_halfway', 2, 'started', '2026-11-22 11:25:29.247347+00', NULL, '{"version":1,"horizon_micros":1709683200000000,"by_marks":1,"replaces":0,"cursor_low":1709427600000000,"cursor_high":1709726401247000,"cursor_known":1709467201785000,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}', '{"pipeline":"events_halfway","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T11:25:29.247347Z","horizon":"2024-03-06T00:00:00Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 lua","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":15835136,"memory_mean_bytes":15425536,"budget_peak_bytes":65536,"cpu_micros":2951,"wall_micros":28820,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":6,"notes":"","error":null}');
INSERT INTO public.tidemill_runs VALUES ('docs_halfway', 2, 'started', '2026-11-22 11:25:29.444499+00', NULL, '{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"cursor_low":1709467201974000,"cursor_high":1709726401444000,"cursor_known":1709467201974000,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}', '{"pipeline":"docs_halfway","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T11:25:29.444499Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":15400960,"memory_mean_bytes":14878720,"budget_peak_bytes":65536,"cpu_micros":3293,"wall_micros":43674,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":9,"notes":"","error":null}');
INSERT INTO public.tidemill_state_events_ended VALUES (-6317734097061643999, 'a', '2024-03-05', '2024-03-02', 2, 7, '1b4684f0-8699-0cc8-97d2-3d634dcf3820', 5);
INSERT INTO public.tidemill_state_events_ended VALUES (-4905069961362774746, 'c', '2024-03-05', '2024-03-02', 2, 7, '7c6d9812-e354-2921-ea29-c2d8facc4cf5', 5);
INSERT INTO public.tidemill_state_events_ended VALUES (322616406568882192, 'b', '2024-03-05', '2024-03-02', 2, 7, '3d3df9d5-2bbd-cf4b-52d5-99d17dad9a4d', 5);
INSERT INTO public.tidemill_state_events_halfway VALUES (322616406568882192, 'b', '2024-03-02', NULL, 1, 2, 'e94a253b-b51c-5fac-ed62-756e0bacd876', 2);
INSERT INTO public.tidemill_state_events_halfway VALUES (-6317734097061643999, 'a', '2024-03-05', '2024-03-02', 2, 7, '1b4684f0-8699-0cc8-97d2-3d634dcf3820', 5);
INSERT INTO public.tidemill_state_events_halfway VALUES (-4905069961362774746, 'c', '2024-03-05', '2024-03-02', 2, 7, '7c6d9812-e354-2921-ea29-c2d8facc4cf5', 5);
INSERT INTO public.tidemill_state_kept_ended VALUES (-6317734097061643999, 'a', '2024-03-05', '2024-03-02', 2, 10, '311f3ee7-923c-59a8-e251-a4afb7aac4ca', 9);
INSERT INTO public.tidemill_state_kept_ended VALUES (-4905069961362774746, 'c', '2024-03-05', '2024-03-02', 2, 10, '9cf47770-9044-1df8-c87a-89e7bbfbbb07', 9);
INSERT INTO public.tidemill_state_kept_ended VALUES (322616406568882192, 'b', '2024-03-05', '2024-03-02', 2, 10, '90ba4885-994d-2b0b-8958-c6782bc50336', 9);
INSERT INTO public.tidemill_state_kept_halfway VALUES (322616406568882192, 'b', '2024-03-02', NULL, 1, 5, '41547df5-e07c-21a7-f06c-819ed82f99ea', 5);
INSERT INTO public.tidemill_state_kept_halfway VALUES (-6317734097061643999, 'a', '2024-03-05', '2024-03-02', 2, 10, '311f3ee7-923c-59a8-e251-a4afb7aac4ca', 9);
INSERT INTO public.tidemill_state_kept_halfway VALUES (-4905069961362774746, 'c', '2024-03-05', '2024-03-02', 2, 10, '9cf47770-9044-1df8-c87a-89e7bbfbbb07', 9);
INSERT INTO public.tidemill_units VALUES ('kept_halfway', 2, '660dbbc052973-223d/p0/1', 3, 0, 3, 0, 0);
INSERT INTO public.tidemill_units VALUES ('kept_halfway', 2, '660dbbc052973-223d/p0/2', 4, 0, 4, 0, 0);
INSERT INTO public.tidemill_units VALUES ('kept_halfway', 2, '660dbbc052973-223d/p0/3', 1, 0, 1, 0, 0);
INSERT INTO public.tidemill_units VALUES ('lines_halfway', 2, 'in/b.ndjson#765:1709900000000000001#306-765#2', 9, 0, 9, 0, 0);
INSERT INTO public.tidemill_units VALUES ('lines_halfway', 2, 'in/d.ndjson#306:1709900000000000001#0-306#2', 6, 0, 6, 0, 0);
INSERT INTO public.tidemill_units VALUES ('events_halfway', 2, '660dbbc0b4611-2279/p0/1', 3, 0, 3, 0, 0);
INSERT INTO public.tidemill_units VALUES ('events_halfway', 2, '660dbbc0b4611-2279/p0/2', 3, 0, 3, 0, 0);
INSERT INTO public.tidemill_units VALUES ('docs_halfway', 2, 'uses#Yq0vXbZuT2e-nB1wO6cQeA#0-3#2', 5, 1, 5, 0, 0);
INSERT INTO public.tidemill_units VALUES ('docs_halfway', 2, 'uses#Yq0vXbZuT2e-nB1wO6cQeA#1-3#2', 5, 1, 5, 0, 0);
ALTER TABLE ONLY public.docs_ended_rejects
    ADD CONSTRAINT docs_ended_rejects_pkey PRIMARY KEY (pipeline, stage, "position");
ALTER TABLE ONLY public.docs_halfway_rejects
    ADD CONSTRAINT docs_halfway_rejects_pkey PRIMARY KEY (pipeline, stage, "position");
ALTER TABLE ONLY public.events_ended_rejects
    ADD CONSTRAINT events_ended_rejects_pkey PRIMARY KEY (pipeline, stage, "position");
ALTER TABLE ONLY public.events_halfway_rejects
    ADD CONSTRAINT events_halfway_rejects_pkey PRIMARY KEY (pipeline, stage, "position");
ALTER TABLE ONLY public.kept_ended_rejects
    ADD CONSTRAINT kept_ended_rejects_pkey PRIMARY KEY (pipeline, stage, "position");
ALTER TABLE ONLY public.kept_halfway_rejects
    ADD CONSTRAINT kept_halfway_rejects_pkey PRIMARY KEY (pipeline, stage, "position");
ALTER TABLE ONLY public.lines_ended_rejects
    ADD CONSTRAINT lines_ended_rejects_pkey PRIMARY KEY (pipeline, stage, "position");
ALTER TABLE ONLY public.lines_halfway_rejects
    ADD CONSTRAINT lines_halfway_rejects_pkey PRIMARY KEY (pipeline, stage, "position");
ALTER TABLE ONLY public.tidemill_lease
    ADD CONSTRAINT tidemill_lease_pipeline_epoch_key UNIQUE (pipeline, epoch);
ALTER TABLE ONLY public.tidemill_lease
    ADD CONSTRAINT tidemill_lease_pkey PRIMARY KEY (pipeline);
ALTER TABLE ONLY public.tidemill_ledger
    ADD CONSTRAINT tidemill_ledger_pkey PRIMARY KEY (one);
ALTER TABLE ONLY public.tidemill_marks
    ADD CONSTRAINT tidemill_marks_pkey PRIMARY KEY (pipeline, name);
ALTER TABLE ONLY public.tidemill_pipelines
    ADD CONSTRAINT tidemill_pipelines_pkey PRIMARY KEY (pipeline);
ALTER TABLE ONLY public.tidemill_runs
    ADD CONSTRAINT tidemill_runs_pkey PRIMARY KEY (pipeline, run);
ALTER TABLE ONLY public.tidemill_state_events_ended
    ADD CONSTRAINT tidemill_state_events_ended_pkey PRIMARY KEY (_hash, k);
ALTER TABLE ONLY public.tidemill_state_events_halfway
    ADD CONSTRAINT tidemill_state_events_halfway_pkey PRIMARY KEY (_hash, k);
ALTER TABLE ONLY public.tidemill_state_kept_ended
    ADD CONSTRAINT tidemill_state_kept_ended_pkey PRIMARY KEY (_hash, k);
ALTER TABLE ONLY public.tidemill_state_kept_halfway
    ADD CONSTRAINT tidemill_state_kept_halfway_pkey PRIMARY KEY (_hash, k);
ALTER TABLE ONLY public.tidemill_units
    ADD CONSTRAINT tidemill_units_pkey PRIMARY KEY (pipeline, run, unit);
UPDATE public.tidemill_pipelines SET table_oid = to_regclass('public.kept_ended')::oid WHERE pipeline = 'kept_ended';
UPDATE public.tidemill_pipelines SET table_oid = to_regclass('public.lines_ended')::oid WHERE pipeline = 'lines_ended';
UPDATE public.tidemill_pipelines SET table_oid = to_regclass('public.events_ended')::oid WHERE pipeline = 'events_ended';
UPDATE public.tidemill_pipelines SET table_oid = to_regclass('public.docs_ended')::oid WHERE pipeline = 'docs_ended';
UPDATE public.tidemill_pipelines SET table_oid = to_regclass('public.kept_halfway')::oid WHERE pipeline = 'kept_halfway';
UPDATE public.tidemill_pipelines SET table_oid = to_regclass('public.lines_halfway')::oid WHERE pipeline = 'lines_halfway';
UPDATE public.tidemill_pipelines SET table_oid = to_regclass('public.events_halfway')::oid WHERE pipeline = 'events_halfway';
UPDATE public.tidemill_pipelines SET table_oid = to_regclass('public.docs_halfway')::oid WHERE pipeline = 'docs_halfway';
