BEGIN TRANSACTION;
CREATE TABLE "kept_late" ("k" TEXT, "t" INTEGER, "v" INTEGER) STRICT;
CREATE TABLE "kept_rejects" (pipeline TEXT NOT NULL, stage TEXT NOT NULL, position TEXT NOT NULL, step TEXT, column_name TEXT, reason TEXT, sqlstate TEXT, row_values TEXT, PRIMARY KEY (pipeline, stage, position)) STRICT, WITHOUT ROWID;
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:1486',NULL,'v','`many` is not of type int64',NULL,'{"k": "g", "t": "2024-03-02T00:00:00Z"}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:1539',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "h", "v": 207}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:1577',NULL,'k','null or missing, but rows are ordered by it',NULL,'{"k": null, "t": "2024-03-02T01:00:00Z", "v": 210}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:248',NULL,'v','`many` is not of type int64',NULL,'{"k": "f", "t": "2024-03-01T00:00:00Z"}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:2724',NULL,'v','`many` is not of type int64',NULL,'{"k": "h", "t": "2024-03-03T00:00:00Z"}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:2777',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "a", "v": 310}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:2815',NULL,'k','null or missing, but rows are ordered by it',NULL,'{"k": null, "t": "2024-03-03T01:00:00Z", "v": 311}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:301',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "g", "v": 106}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:339',NULL,'k','null or missing, but rows are ordered by it',NULL,'{"k": null, "t": "2024-03-01T00:00:00Z", "v": 107}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:3962',NULL,'v','`many` is not of type int64',NULL,'{"k": "a", "t": "2024-03-04T01:00:00Z"}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:4015',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "b", "v": 411}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:4053',NULL,'k','null or missing, but rows are ordered by it',NULL,'{"k": null, "t": "2024-03-04T01:00:00Z", "v": 412}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:5200',NULL,'v','`many` is not of type int64',NULL,'{"k": "b", "t": "2024-03-05T01:00:00Z"}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:5253',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "c", "v": 512}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:5291',NULL,'k','null or missing, but rows are ordered by it',NULL,'{"k": null, "t": "2024-03-05T01:00:00Z", "v": 513}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:6438',NULL,'v','`many` is not of type int64',NULL,'{"k": "c", "t": "2024-03-06T01:00:00Z"}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:6491',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "d", "v": 613}');
INSERT INTO "kept_rejects" VALUES('kept','decode','in.ndjson:6529',NULL,'k','null or missing, but rows are ordered by it',NULL,'{"k": null, "t": "2024-03-06T01:00:00Z", "v": 614}');
INSERT INTO "kept_rejects" VALUES('kept','step','b/2024-03-01/1.1','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "b", "t": "2024-03-01T00:00:00Z", "v": 0}');
INSERT INTO "kept_rejects" VALUES('kept','step','c/2024-03-02/1.1','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "c", "t": "2024-03-02T00:00:00Z", "v": 0}');
INSERT INTO "kept_rejects" VALUES('kept','step','d/2024-03-03/1.1','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "d", "t": "2024-03-03T00:00:00Z", "v": 0}');
INSERT INTO "kept_rejects" VALUES('kept','step','e/2024-03-01/1.2','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "e", "t": "2024-03-01T01:00:00Z", "v": 0}');
INSERT INTO "kept_rejects" VALUES('kept','step','f/2024-03-02/1.2','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "f", "t": "2024-03-02T01:00:00Z", "v": 0}');
INSERT INTO "kept_rejects" VALUES('kept','step','f/2024-03-05/1.1','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "f", "t": "2024-03-05T00:00:00Z", "v": 0}');
CREATE TABLE tidemill_files(pipeline TEXT NOT NULL, name TEXT NOT NULL, temporary TEXT, run INTEGER NOT NULL, part INTEGER NOT NULL, row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('committed', 'staged')), PRIMARY KEY (pipeline, name)) STRICT;
INSERT INTO "tidemill_files" VALUES('kept','part-000001-000001.csv',NULL,1,1,4,196,'committed');
INSERT INTO "tidemill_files" VALUES('kept','part-000001-000002.csv',NULL,1,2,3,153,'committed');
INSERT INTO "tidemill_files" VALUES('kept','part-000001-000003.csv',NULL,1,3,3,153,'committed');
INSERT INTO "tidemill_files" VALUES('kept','part-000001-000004.csv',NULL,1,4,3,153,'committed');
INSERT INTO "tidemill_files" VALUES('kept','part-000001-000005.csv',NULL,1,5,5,239,'committed');
INSERT INTO "tidemill_files" VALUES('kept','part-000001-000006.csv',NULL,1,6,2,110,'committed');
INSERT INTO "tidemill_files" VALUES('kept','part-000001-000007.csv',NULL,1,7,5,239,'committed');
INSERT INTO "tidemill_files" VALUES('kept','part-000001-000008.csv',NULL,1,8,5,239,'committed');
INSERT INTO "tidemill_files" VALUES('kept','part-000001-000009.csv',NULL,1,9,4,196,'committed');
INSERT INTO "tidemill_files" VALUES('kept','part-000001-000010.csv',NULL,1,10,4,196,'committed');
INSERT INTO "tidemill_files" VALUES('whole','part-000001-000001.csv',NULL,1,1,4,129,'committed');
INSERT INTO "tidemill_files" VALUES('whole','part-000001-000002.csv',NULL,1,2,3,99,'committed');
INSERT INTO "tidemill_files" VALUES('whole','part-000001-000003.csv',NULL,1,3,3,99,'committed');
INSERT INTO "tidemill_files" VALUES('whole','part-000001-000004.csv',NULL,1,4,3,99,'committed');
INSERT INTO "tidemill_files" VALUES('whole','part-000001-000005.csv',NULL,1,5,5,159,'committed');
INSERT INTO "tidemill_files" VALUES('whole','part-000001-000006.csv',NULL,1,6,2,69,'committed');
INSERT INTO "tidemill_files" VALUES('whole','part-000001-000007.csv',NULL,1,7,5,159,'committed');
INSERT INTO "tidemill_files" VALUES('whole','part-000001-000008.csv',NULL,1,8,5,159,'committed');
INSERT INTO "tidemill_files" VALUES('whole','part-000001-000009.csv',NULL,1,9,4,129,'committed');
INSERT INTO "tidemill_files" VALUES('whole','part-000001-000010.csv',NULL,1,10,4,129,'committed');
INSERT INTO "tidemill_files" VALUES('whole','part-000001-000011.csv',NULL,1,11,0,9,'committed');
INSERT INTO "tidemill_files" VALUES('kept','part-000002-000001.csv','.part-000002-000001.2.tmp',2,1,3,153,'committed');
INSERT INTO "tidemill_files" VALUES('kept','part-000002-000002.csv','.part-000002-000002.2.tmp',2,2,3,154,'committed');
INSERT INTO "tidemill_files" VALUES('kept','part-000002-000003.csv','.part-000002-000003.2.tmp',2,3,4,198,'committed');
INSERT INTO "tidemill_files" VALUES('whole','part-000002-000001.csv',NULL,2,1,4,129,'staged');
INSERT INTO "tidemill_files" VALUES('whole','part-000002-000002.csv',NULL,2,2,3,99,'staged');
INSERT INTO "tidemill_files" VALUES('whole','part-000002-000003.csv',NULL,2,3,3,100,'staged');
CREATE TABLE tidemill_lease(pipeline TEXT PRIMARY KEY, epoch INTEGER NOT NULL, holder_boot TEXT, holder_namespace INTEGER, holder_pid INTEGER, holder_started INTEGER, renewed_at INTEGER NOT NULL) STRICT;
INSERT INTO "tidemill_lease" VALUES('kept',2,'5ea3b1f6-0c4d-4a53-9a3f-1d7c2b9e8f60',4026531836,16897,5316589,1709683200000000);
INSERT INTO "tidemill_lease" VALUES('whole',2,'5ea3b1f6-0c4d-4a53-9a3f-1d7c2b9e8f60',4026531836,16915,5316604,1709683200000000);
CREATE TABLE tidemill_marks(pipeline TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, open INTEGER NOT NULL, run INTEGER NOT NULL, PRIMARY KEY (pipeline, name)) STRICT, WITHOUT ROWID;
CREATE TABLE "tidemill_newstate_whole" ("_hash" INTEGER NOT NULL, "k" TEXT NOT NULL, "_last_day" TEXT NOT NULL, "_previous_day" TEXT, "_run" INTEGER NOT NULL, "_rows" INTEGER NOT NULL, "_digest" TEXT NOT NULL, "s2_n" INTEGER, PRIMARY KEY ("_hash", "k")) STRICT, WITHOUT ROWID;
INSERT INTO "tidemill_newstate_whole" VALUES(-8476733030339463705,'f','2024-03-04',NULL,2,11,'89a8ee77-72dd-f4d9-dd37-c2082d06147b',10);
CREATE TABLE tidemill_pipelines(pipeline TEXT PRIMARY KEY, table_name TEXT NOT NULL, mode TEXT NOT NULL, key_columns TEXT NOT NULL, fingerprint TEXT, fingerprint_text TEXT, table_identity TEXT, swap TEXT) STRICT;
INSERT INTO "tidemill_pipelines" VALUES('kept','kept','append','','497f0ec7263850cf4ca2461288b8031c','series hash: version 1
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
','b9685b7a5a0d3360',NULL);
INSERT INTO "tidemill_pipelines" VALUES('whole','whole','replace','','d47b8050d787cfe839a05cecad221f8c','series hash: version 1
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
','6258232d9f790950',NULL);
CREATE TABLE tidemill_runs(pipeline TEXT NOT NULL, run INTEGER NOT NULL, status TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, plan TEXT, record TEXT, PRIMARY KEY (pipeline, run)) STRICT;
INSERT INTO "tidemill_runs" VALUES('kept',1,'complete',1795309997128527,1795309997187863,'{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"members":[{"name":"in.ndjson","identity":"3564:1709900000000000000"}],"marks":[]}','{"pipeline":"kept","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T01:13:17.128527Z","ended_at":"2026-11-22T01:13:17.187863Z","horizon":"2024-03-03T00:00:00Z","source":"","splits":1,"counts":{"read":72,"consumed":42,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":21,"rejected":9,"discarded":0,"emitted":38,"loaded":38,"superseded":0,"refused":0,"series":8,"days":16,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":42,"rows_out":38,"filtered":0,"deduplicated":0,"rejected":4},{"step":"2 lua","rows_in":38,"rows_out":38,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":12043},{"stage":"reading","micros":2560,"rows":72,"rows_per_second":28125,"bytes":3564},{"stage":"sorting","micros":11},{"stage":"processing","micros":44879,"rows":38,"rows_per_second":846},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":37027840,"memory_mean_bytes":13047808,"budget_peak_bytes":2627423,"cpu_micros":17415,"wall_micros":59538,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":13,"rejects":13,"loaded_ever":38,"error":null}');
INSERT INTO "tidemill_runs" VALUES('whole',1,'complete',1795309997216304,1795309997323909,'{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"members":[{"name":"in.ndjson","identity":"3564:1709900000000000000"}],"marks":[]}','{"pipeline":"whole","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T01:13:17.216304Z","ended_at":"2026-11-22T01:13:17.323909Z","horizon":"2024-03-03T00:00:00Z","source":"","splits":1,"counts":{"read":72,"consumed":42,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":21,"rejected":9,"discarded":0,"emitted":38,"loaded":38,"superseded":0,"refused":0,"series":8,"days":16,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":42,"rows_out":38,"filtered":0,"deduplicated":0,"rejected":4},{"step":"2 lua","rows_in":38,"rows_out":38,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":7865},{"stage":"reading","micros":2326,"rows":72,"rows_per_second":30954,"bytes":3564},{"stage":"sorting","micros":8},{"stage":"processing","micros":64934,"rows":38,"rows_per_second":585},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":37027840,"memory_mean_bytes":13579605,"budget_peak_bytes":2627423,"cpu_micros":20158,"wall_micros":108615,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":13,"rejects":13,"loaded_ever":38,"error":null}');
INSERT INTO "tidemill_runs" VALUES('kept',2,'started',1795309997441514,0,'{"version":1,"horizon_micros":1709683200000000,"by_marks":0,"members":[{"name":"in.ndjson","identity":"7128:1709900000000000001"}],"marks":[]}','{"pipeline":"kept","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T01:13:17.441514Z","horizon":"2024-03-06T00:00:00Z","source":"","splits":1,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0},{"step":"2 lua","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":37027840,"memory_mean_bytes":13432832,"budget_peak_bytes":0,"cpu_micros":1673,"wall_micros":15685,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":38,"error":null}');
INSERT INTO "tidemill_runs" VALUES('whole',2,'started',1795309997563094,0,'{"version":1,"horizon_micros":1709683200000000,"by_marks":0,"members":[{"name":"in.ndjson","identity":"7128:1709900000000000001"}],"marks":[]}','{"pipeline":"whole","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T01:13:17.563094Z","horizon":"2024-03-06T00:00:00Z","source":"","splits":1,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0},{"step":"2 lua","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":37027840,"memory_mean_bytes":13318144,"budget_peak_bytes":0,"cpu_micros":1692,"wall_micros":17341,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":38,"error":null}');
CREATE TABLE "tidemill_state_kept" ("_hash" INTEGER NOT NULL, "k" TEXT NOT NULL, "_last_day" TEXT NOT NULL, "_previous_day" TEXT, "_run" INTEGER NOT NULL, "_rows" INTEGER NOT NULL, "_digest" TEXT NOT NULL, "s2_n" INTEGER, PRIMARY KEY ("_hash", "k")) STRICT, WITHOUT ROWID;
INSERT INTO "tidemill_state_kept" VALUES(-8476733030339463705,'f','2024-03-05','2024-03-02',2,14,'ff20628a-80d5-e12e-f455-fd9c10423d37',12);
INSERT INTO "tidemill_state_kept" VALUES(-7443033995639021078,'d','2024-03-03','2024-03-02',2,9,'edc35a93-c026-4551-9794-aa717fb58c89',8);
INSERT INTO "tidemill_state_kept" VALUES(-6317734097061643999,'a','2024-03-02',NULL,1,5,'ddd0c3ae-0077-1326-295f-61b557475ae3',5);
INSERT INTO "tidemill_state_kept" VALUES(-4905069961362774746,'c','2024-03-02',NULL,1,6,'c477346e-97e1-7d4c-0cb8-324ff261b47c',5);
INSERT INTO "tidemill_state_kept" VALUES(322616406568882192,'b','2024-03-02',NULL,1,6,'6dccdf4a-bcd8-3287-41b9-581e1821ebce',5);
INSERT INTO "tidemill_state_kept" VALUES(1450207486789422116,'e','2024-03-02',NULL,1,6,'43b90162-fc4b-88a9-82c5-d15f7c3a7adc',5);
INSERT INTO "tidemill_state_kept" VALUES(2650638974583248557,'h','2024-03-02',NULL,1,4,'be941474-bf5f-4d97-67c0-2278a4b857e8',4);
INSERT INTO "tidemill_state_kept" VALUES(4427815074975879282,'g','2024-03-02',NULL,1,4,'79552f49-4f96-6fac-401c-d7b24e083af1',4);
CREATE TABLE "tidemill_state_whole" ("_hash" INTEGER NOT NULL, "k" TEXT NOT NULL, "_last_day" TEXT NOT NULL, "_previous_day" TEXT, "_run" INTEGER NOT NULL, "_rows" INTEGER NOT NULL, "_digest" TEXT NOT NULL, "s2_n" INTEGER, PRIMARY KEY ("_hash", "k")) STRICT, WITHOUT ROWID;
INSERT INTO "tidemill_state_whole" VALUES(-8476733030339463705,'f','2024-03-02',NULL,1,5,'a0ffabfe-524a-b6da-8b52-c029dc1caa8e',4);
INSERT INTO "tidemill_state_whole" VALUES(-7443033995639021078,'d','2024-03-02',NULL,1,6,'dd27f119-8626-e6b6-7cf6-3a7636747385',6);
INSERT INTO "tidemill_state_whole" VALUES(-6317734097061643999,'a','2024-03-02',NULL,1,5,'ddd0c3ae-0077-1326-295f-61b557475ae3',5);
INSERT INTO "tidemill_state_whole" VALUES(-4905069961362774746,'c','2024-03-02',NULL,1,6,'c477346e-97e1-7d4c-0cb8-324ff261b47c',5);
INSERT INTO "tidemill_state_whole" VALUES(322616406568882192,'b','2024-03-02',NULL,1,6,'6dccdf4a-bcd8-3287-41b9-581e1821ebce',5);
INSERT INTO "tidemill_state_whole" VALUES(1450207486789422116,'e','2024-03-02',NULL,1,6,'43b90162-fc4b-88a9-82c5-d15f7c3a7adc',5);
INSERT INTO "tidemill_state_whole" VALUES(2650638974583248557,'h','2024-03-02',NULL,1,4,'be941474-bf5f-4d97-67c0-2278a4b857e8',4);
INSERT INTO "tidemill_state_whole" VALUES(4427815074975879282,'g','2024-03-02',NULL,1,4,'79552f49-4f96-6fac-401c-d7b24e083af1',4);
CREATE TABLE tidemill_units(pipeline TEXT NOT NULL, run INTEGER NOT NULL, unit TEXT NOT NULL, emitted INTEGER NOT NULL, rejected INTEGER NOT NULL, loaded INTEGER NOT NULL, superseded INTEGER NOT NULL, refused INTEGER NOT NULL, PRIMARY KEY (pipeline, run, unit)) STRICT, WITHOUT ROWID;
INSERT INTO "tidemill_units" VALUES('kept',2,'660d32ea8850d-4201/p0/1',3,0,3,0,0);
INSERT INTO "tidemill_units" VALUES('kept',2,'660d32ea8850d-4201/p0/2',3,0,3,0,0);
INSERT INTO "tidemill_units" VALUES('kept',2,'660d32ea8850d-4201/p0/3',4,2,4,0,0);
INSERT INTO "tidemill_units" VALUES('whole',2,'660d32eaa5986-4213/p0/1',4,1,4,0,0);
INSERT INTO "tidemill_units" VALUES('whole',2,'660d32eaa5986-4213/p0/2',3,0,3,0,0);
INSERT INTO "tidemill_units" VALUES('whole',2,'660d32eaa5986-4213/p0/3',3,0,3,0,0);
CREATE TABLE "whole_rejects" (pipeline TEXT NOT NULL, stage TEXT NOT NULL, position TEXT NOT NULL, step TEXT, column_name TEXT, reason TEXT, sqlstate TEXT, row_values TEXT, PRIMARY KEY (pipeline, stage, position)) STRICT, WITHOUT ROWID;
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:1486',NULL,'v','`many` is not of type int64',NULL,'{"k": "g", "t": "2024-03-02T00:00:00Z"}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:1539',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "h", "v": 207}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:1577',NULL,'k','null or missing, but rows are ordered by it',NULL,'{"k": null, "t": "2024-03-02T01:00:00Z", "v": 210}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:248',NULL,'v','`many` is not of type int64',NULL,'{"k": "f", "t": "2024-03-01T00:00:00Z"}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:2724',NULL,'v','`many` is not of type int64',NULL,'{"k": "h", "t": "2024-03-03T00:00:00Z"}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:2777',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "a", "v": 310}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:2815',NULL,'k','null or missing, but rows are ordered by it',NULL,'{"k": null, "t": "2024-03-03T01:00:00Z", "v": 311}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:301',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "g", "v": 106}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:339',NULL,'k','null or missing, but rows are ordered by it',NULL,'{"k": null, "t": "2024-03-01T00:00:00Z", "v": 107}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:3962',NULL,'v','`many` is not of type int64',NULL,'{"k": "a", "t": "2024-03-04T01:00:00Z"}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:4015',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "b", "v": 411}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:4053',NULL,'k','null or missing, but rows are ordered by it',NULL,'{"k": null, "t": "2024-03-04T01:00:00Z", "v": 412}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:5200',NULL,'v','`many` is not of type int64',NULL,'{"k": "b", "t": "2024-03-05T01:00:00Z"}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:5253',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "c", "v": 512}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:5291',NULL,'k','null or missing, but rows are ordered by it',NULL,'{"k": null, "t": "2024-03-05T01:00:00Z", "v": 513}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:6438',NULL,'v','`many` is not of type int64',NULL,'{"k": "c", "t": "2024-03-06T01:00:00Z"}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:6491',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "d", "v": 613}');
INSERT INTO "whole_rejects" VALUES('whole','decode','in.ndjson:6529',NULL,'k','null or missing, but rows are ordered by it',NULL,'{"k": null, "t": "2024-03-06T01:00:00Z", "v": 614}');
INSERT INTO "whole_rejects" VALUES('whole','step','b/2024-03-01/1.1','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "b", "t": "2024-03-01T00:00:00Z", "v": 0}');
INSERT INTO "whole_rejects" VALUES('whole','step','c/2024-03-02/1.1','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "c", "t": "2024-03-02T00:00:00Z", "v": 0}');
INSERT INTO "whole_rejects" VALUES('whole','step','e/2024-03-01/1.2','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "e", "t": "2024-03-01T01:00:00Z", "v": 0}');
INSERT INTO "whole_rejects" VALUES('whole','step','f/2024-03-02/1.2','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "f", "t": "2024-03-02T01:00:00Z", "v": 0}');
COMMIT;
