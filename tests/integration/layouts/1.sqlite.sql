BEGIN TRANSACTION;
CREATE TABLE "t" ("k" TEXT, "t" INTEGER, "v" INTEGER, "n" INTEGER, "_series_k" TEXT NOT NULL, "_day" TEXT NOT NULL) STRICT;
INSERT INTO "t" VALUES('a',1709251200000000,10,1,'a','2024-03-01');
INSERT INTO "t" VALUES('a',1709258400000000,12,2,'a','2024-03-01');
INSERT INTO "t" VALUES('a',1709337600000000,20,3,'a','2024-03-02');
INSERT INTO "t" VALUES('a',1709344800000000,22,4,'a','2024-03-02');
INSERT INTO "t" VALUES('c',1709262000000000,13,1,'c','2024-03-01');
INSERT INTO "t" VALUES('c',1709348400000000,23,2,'c','2024-03-02');
INSERT INTO "t" VALUES('b',1709254800000000,11,1,'b','2024-03-01');
INSERT INTO "t" VALUES('b',1709341200000000,21,2,'b','2024-03-02');
CREATE TABLE "t_late" ("k" TEXT, "t" INTEGER, "v" INTEGER) STRICT;
CREATE TABLE "t_rejects" (pipeline TEXT NOT NULL, stage TEXT NOT NULL, position TEXT NOT NULL, step TEXT, column_name TEXT, reason TEXT, sqlstate TEXT, row_values TEXT, PRIMARY KEY (pipeline, stage, position)) STRICT, WITHOUT ROWID;
CREATE TABLE tidemill_lease(pipeline TEXT PRIMARY KEY, epoch INTEGER NOT NULL, holder_boot TEXT, holder_namespace INTEGER, holder_pid INTEGER, holder_started INTEGER, renewed_at INTEGER NOT NULL) STRICT;
INSERT INTO "tidemill_lease" VALUES('p',1,NULL,NULL,NULL,NULL,1795273248329262);
CREATE TABLE tidemill_pipelines(pipeline TEXT PRIMARY KEY, table_name TEXT NOT NULL, mode TEXT NOT NULL, key_columns TEXT NOT NULL, fingerprint TEXT, fingerprint_text TEXT, table_identity TEXT, swap TEXT) STRICT;
INSERT INTO "tidemill_pipelines" VALUES('p','t','append','','4a2ff88086a3bf123e529b9aa3afa6ca','series hash: version 1
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
','6b8e944cd70de634',NULL);
CREATE TABLE tidemill_runs(pipeline TEXT NOT NULL, run INTEGER NOT NULL, status TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, plan TEXT, record TEXT, PRIMARY KEY (pipeline, run)) STRICT;
INSERT INTO "tidemill_runs" VALUES('p',1,'complete',1795273248235143,1795273248321246,'{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"members":[{"name":"in.ndjson","identity":"588:1795273248178250366"}],"marks":[]}','{"pipeline":"p","run":1,"status":"complete","resumed":false,"started_at":"2026-11-21T15:00:48.235143Z","ended_at":"2026-11-21T15:00:48.321246Z","horizon":"2024-03-03T00:00:00Z","source":"","splits":1,"counts":{"read":12,"consumed":8,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":4,"rejected":0,"discarded":0,"emitted":8,"loaded":8,"superseded":0,"refused":0,"series":3,"days":6,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 lua","rows_in":8,"rows_out":8,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":58878},{"stage":"reading","micros":121,"rows":12,"rows_per_second":99173,"bytes":588},{"stage":"sorting","micros":5},{"stage":"processing","micros":37870,"rows":8,"rows_per_second":211},{"stage":"finishing","micros":0}],"workers":2,"memory_limit_bytes":6319127552,"memory_peak_bytes":45101056,"memory_mean_bytes":13038592,"budget_peak_bytes":2622732,"cpu_micros":13839,"wall_micros":96938,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":8,"rejects":0,"loaded_ever":8,"error":null}');
CREATE TABLE "tidemill_state_p" ("_hash" INTEGER NOT NULL, "k" TEXT NOT NULL, "_last_day" TEXT NOT NULL, "_previous_day" TEXT, "_run" INTEGER NOT NULL, "_rows" INTEGER NOT NULL, "_digest" TEXT NOT NULL, "s1_n" INTEGER, PRIMARY KEY ("_hash", "k")) STRICT, WITHOUT ROWID;
INSERT INTO "tidemill_state_p" VALUES(-6317734097061643999,'a','2024-03-02',NULL,1,4,'18ca356d-6811-9fd3-6202-a9ec5f38372e',4);
INSERT INTO "tidemill_state_p" VALUES(-4905069961362774746,'c','2024-03-02',NULL,1,2,'6e0f61f0-48c5-2d93-df76-a9ff5ba2734e',2);
INSERT INTO "tidemill_state_p" VALUES(322616406568882192,'b','2024-03-02',NULL,1,2,'49a02261-5f7e-b8e5-b138-e1f2c6f0e8d9',2);
CREATE TABLE tidemill_units(pipeline TEXT NOT NULL, run INTEGER NOT NULL, unit TEXT NOT NULL, emitted INTEGER NOT NULL, rejected INTEGER NOT NULL, loaded INTEGER NOT NULL, superseded INTEGER NOT NULL, refused INTEGER NOT NULL, PRIMARY KEY (pipeline, run, unit)) STRICT, WITHOUT ROWID;
CREATE INDEX "tidemill_identity_6b8e944cd70de634" ON "t" (1) WHERE 0;
COMMIT;
