CREATE TABLE public.t (
    k text,
    t timestamp with time zone,
    v bigint,
    n bigint,
    _series_k text NOT NULL,
    _day date NOT NULL
);
CREATE TABLE public.t_late (
    k text,
    t timestamp with time zone,
    v bigint
);
CREATE TABLE public.t_rejects (
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
CREATE TABLE public.tidemill_state_p (
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
INSERT INTO public.t VALUES ('b', '2024-03-01 01:00:00+00', 11, 1, 'b', '2024-03-01');
INSERT INTO public.t VALUES ('b', '2024-03-02 01:00:00+00', 21, 2, 'b', '2024-03-02');
INSERT INTO public.t VALUES ('a', '2024-03-01 00:00:00+00', 10, 1, 'a', '2024-03-01');
INSERT INTO public.t VALUES ('a', '2024-03-01 02:00:00+00', 12, 2, 'a', '2024-03-01');
INSERT INTO public.t VALUES ('a', '2024-03-02 00:00:00+00', 20, 3, 'a', '2024-03-02');
INSERT INTO public.t VALUES ('a', '2024-03-02 02:00:00+00', 22, 4, 'a', '2024-03-02');
INSERT INTO public.t VALUES ('c', '2024-03-01 03:00:00+00', 13, 1, 'c', '2024-03-01');
INSERT INTO public.t VALUES ('c', '2024-03-02 03:00:00+00', 23, 2, 'c', '2024-03-02');
INSERT INTO public.tidemill_lease VALUES ('p', 1, '', '1970-01-01 00:00:00+00');
INSERT INTO public.tidemill_pipelines VALUES ('p', 't', 16439, '4a2ff88086a3bf123e529b9aa3afa6ca', 'series hash: version 1
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
step 1 lua: 25d22446bb4e23353d4cec489af0f222
output: k text 0 t timestamp 0 v int64 0 n int64 0 _series_k text 1 _day date 2
mode: "append"
key:
newest: 
', 'append', '');
INSERT INTO public.tidemill_runs VALUES ('p', 1, 'complete', '2026-11-21 15:00:56.723633+00', '2026-11-21 15:00:57.247291+00', '{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"members":[{"name":"in.ndjson","identity":"588:1795273256599596622"}],"marks":[]}', '{"pipeline":"p","run":1,"status":"complete","resumed":false,"started_at":"2026-11-21T15:00:56.723633Z","ended_at":"2026-11-21T15:00:57.247291Z","horizon":"2024-03-03T00:00:00Z","source":"","splits":1,"counts":{"read":12,"consumed":8,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":4,"rejected":0,"discarded":0,"emitted":8,"loaded":8,"superseded":0,"refused":0,"series":3,"days":6,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 lua","rows_in":8,"rows_out":8,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":489387},{"stage":"reading","micros":125,"rows":12,"rows_per_second":96000,"bytes":588},{"stage":"sorting","micros":6},{"stage":"processing","micros":101450,"rows":8,"rows_per_second":78},{"stage":"finishing","micros":0}],"workers":2,"memory_limit_bytes":6319127552,"memory_peak_bytes":46596096,"memory_mean_bytes":13034057,"budget_peak_bytes":2622732,"cpu_micros":16601,"wall_micros":591021,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":8,"rejects":0,"loaded_ever":8,"error":null}');
INSERT INTO public.tidemill_state_p VALUES (322616406568882192, 'b', '2024-03-02', NULL, 1, 2, '49a02261-5f7e-b8e5-b138-e1f2c6f0e8d9', 2);
INSERT INTO public.tidemill_state_p VALUES (-6317734097061643999, 'a', '2024-03-02', NULL, 1, 4, '18ca356d-6811-9fd3-6202-a9ec5f38372e', 4);
INSERT INTO public.tidemill_state_p VALUES (-4905069961362774746, 'c', '2024-03-02', NULL, 1, 2, '6e0f61f0-48c5-2d93-df76-a9ff5ba2734e', 2);
ALTER TABLE ONLY public.t_rejects
    ADD CONSTRAINT t_rejects_pkey PRIMARY KEY (pipeline, stage, "position");
ALTER TABLE ONLY public.tidemill_lease
    ADD CONSTRAINT tidemill_lease_pipeline_epoch_key UNIQUE (pipeline, epoch);
ALTER TABLE ONLY public.tidemill_lease
    ADD CONSTRAINT tidemill_lease_pkey PRIMARY KEY (pipeline);
ALTER TABLE ONLY public.tidemill_pipelines
    ADD CONSTRAINT tidemill_pipelines_pkey PRIMARY KEY (pipeline);
ALTER TABLE ONLY public.tidemill_runs
    ADD CONSTRAINT tidemill_runs_pkey PRIMARY KEY (pipeline, run);
ALTER TABLE ONLY public.tidemill_state_p
    ADD CONSTRAINT tidemill_state_p_pkey PRIMARY KEY (_hash, k);
ALTER TABLE ONLY public.tidemill_units
    ADD CONSTRAINT tidemill_units_pkey PRIMARY KEY (pipeline, run, unit);
UPDATE public.tidemill_pipelines SET table_oid = to_regclass('public.t')::oid;
