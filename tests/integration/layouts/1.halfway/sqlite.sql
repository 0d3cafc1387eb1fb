BEGIN TRANSACTION;
CREATE TABLE kept (k text, t integer, v integer check (v <> 777), n integer, _series_k text not null, _day text not null) strict;
INSERT INTO "kept" VALUES('f',1709254800000000,115,1,'f','2024-03-01');
INSERT INTO "kept" VALUES('f',1709258400000000,125,2,'f','2024-03-01');
INSERT INTO "kept" VALUES('f',1709337600000000,205,3,'f','2024-03-02');
INSERT INTO "kept" VALUES('f',1709344800000000,225,4,'f','2024-03-02');
INSERT INTO "kept" VALUES('d',1709254800000000,113,2,'d','2024-03-01');
INSERT INTO "kept" VALUES('d',1709258400000000,123,3,'d','2024-03-01');
INSERT INTO "kept" VALUES('d',1709337600000000,203,4,'d','2024-03-02');
INSERT INTO "kept" VALUES('d',1709344800000000,223,6,'d','2024-03-02');
INSERT INTO "kept" VALUES('a',1709251200000000,100,1,'a','2024-03-01');
INSERT INTO "kept" VALUES('a',1709254800000000,110,2,'a','2024-03-01');
INSERT INTO "kept" VALUES('a',1709258400000000,120,3,'a','2024-03-01');
INSERT INTO "kept" VALUES('a',1709337600000000,200,4,'a','2024-03-02');
INSERT INTO "kept" VALUES('a',1709344800000000,220,5,'a','2024-03-02');
INSERT INTO "kept" VALUES('c',1709251200000000,102,1,'c','2024-03-01');
INSERT INTO "kept" VALUES('c',1709258400000000,122,3,'c','2024-03-01');
INSERT INTO "kept" VALUES('c',1709341200000000,212,4,'c','2024-03-02');
INSERT INTO "kept" VALUES('c',1709344800000000,222,5,'c','2024-03-02');
INSERT INTO "kept" VALUES('b',1709254800000000,111,1,'b','2024-03-01');
INSERT INTO "kept" VALUES('b',1709258400000000,121,2,'b','2024-03-01');
INSERT INTO "kept" VALUES('b',1709337600000000,201,3,'b','2024-03-02');
INSERT INTO "kept" VALUES('b',1709341200000000,211,4,'b','2024-03-02');
INSERT INTO "kept" VALUES('b',1709344800000000,221,5,'b','2024-03-02');
INSERT INTO "kept" VALUES('e',1709251200000000,104,1,'e','2024-03-01');
INSERT INTO "kept" VALUES('e',1709258400000000,124,2,'e','2024-03-01');
INSERT INTO "kept" VALUES('e',1709341200000000,214,4,'e','2024-03-02');
INSERT INTO "kept" VALUES('e',1709344800000000,224,5,'e','2024-03-02');
INSERT INTO "kept" VALUES('h',1709254800000000,117,1,'h','2024-03-01');
INSERT INTO "kept" VALUES('h',1709258400000000,127,2,'h','2024-03-01');
INSERT INTO "kept" VALUES('h',1709341200000000,217,3,'h','2024-03-02');
INSERT INTO "kept" VALUES('h',1709344800000000,227,4,'h','2024-03-02');
INSERT INTO "kept" VALUES('g',1709254800000000,116,1,'g','2024-03-01');
INSERT INTO "kept" VALUES('g',1709258400000000,126,2,'g','2024-03-01');
INSERT INTO "kept" VALUES('g',1709341200000000,216,3,'g','2024-03-02');
INSERT INTO "kept" VALUES('g',1709344800000000,226,4,'g','2024-03-02');
INSERT INTO "kept" VALUES('f',1709427600000000,315,6,'f','2024-03-03');
INSERT INTO "kept" VALUES('f',1709431200000000,325,7,'f','2024-03-03');
INSERT INTO "kept" VALUES('f',1709510400000000,405,8,'f','2024-03-04');
INSERT INTO "kept" VALUES('f',1709517600000000,425,10,'f','2024-03-04');
INSERT INTO "kept" VALUES('f',1709600400000000,515,11,'f','2024-03-05');
INSERT INTO "kept" VALUES('f',1709604000000000,525,12,'f','2024-03-05');
INSERT INTO "kept" VALUES('d',1709427600000000,313,7,'d','2024-03-03');
INSERT INTO "kept" VALUES('d',1709431200000000,323,8,'d','2024-03-03');
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
INSERT INTO "kept_rejects" VALUES('kept','load','c/2024-03-01/2',NULL,NULL,'CHECK constraint failed: v <> 777','SQLITE_CONSTRAINT_CHECK','{"k": "c", "t": "2024-03-01T01:00:00Z", "v": 777, "n": 2, "_series_k": "c", "_day": "2024-03-01"}');
INSERT INTO "kept_rejects" VALUES('kept','load','d/2024-03-01/1',NULL,NULL,'CHECK constraint failed: v <> 777','SQLITE_CONSTRAINT_CHECK','{"k": "d", "t": "2024-03-01T00:00:00Z", "v": 777, "n": 1, "_series_k": "d", "_day": "2024-03-01"}');
INSERT INTO "kept_rejects" VALUES('kept','load','d/2024-03-02/2',NULL,NULL,'CHECK constraint failed: v <> 777','SQLITE_CONSTRAINT_CHECK','{"k": "d", "t": "2024-03-02T01:00:00Z", "v": 777, "n": 5, "_series_k": "d", "_day": "2024-03-02"}');
INSERT INTO "kept_rejects" VALUES('kept','load','e/2024-03-02/1',NULL,NULL,'CHECK constraint failed: v <> 777','SQLITE_CONSTRAINT_CHECK','{"k": "e", "t": "2024-03-02T00:00:00Z", "v": 777, "n": 3, "_series_k": "e", "_day": "2024-03-02"}');
INSERT INTO "kept_rejects" VALUES('kept','load','f/2024-03-03/1',NULL,NULL,'CHECK constraint failed: v <> 777','SQLITE_CONSTRAINT_CHECK','{"k": "f", "t": "2024-03-03T00:00:00Z", "v": 777, "n": 5, "_series_k": "f", "_day": "2024-03-03"}');
INSERT INTO "kept_rejects" VALUES('kept','load','f/2024-03-04/2',NULL,NULL,'CHECK constraint failed: v <> 777','SQLITE_CONSTRAINT_CHECK','{"k": "f", "t": "2024-03-04T01:00:00Z", "v": 777, "n": 9, "_series_k": "f", "_day": "2024-03-04"}');
INSERT INTO "kept_rejects" VALUES('kept','step','b/2024-03-01/1.1','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "b", "t": "2024-03-01T00:00:00Z", "v": 0}');
INSERT INTO "kept_rejects" VALUES('kept','step','c/2024-03-02/1.1','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "c", "t": "2024-03-02T00:00:00Z", "v": 0}');
INSERT INTO "kept_rejects" VALUES('kept','step','d/2024-03-03/1.1','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "d", "t": "2024-03-03T00:00:00Z", "v": 0}');
INSERT INTO "kept_rejects" VALUES('kept','step','e/2024-03-01/1.2','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "e", "t": "2024-03-01T01:00:00Z", "v": 0}');
INSERT INTO "kept_rejects" VALUES('kept','step','f/2024-03-02/1.2','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "f", "t": "2024-03-02T01:00:00Z", "v": 0}');
INSERT INTO "kept_rejects" VALUES('kept','step','f/2024-03-05/1.1','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "f", "t": "2024-03-05T00:00:00Z", "v": 0}');
CREATE TABLE newest (k text, t integer, v integer check (v <> 777), unique (k)) strict;
INSERT INTO "newest" VALUES('a',1709690400000000,620);
INSERT INTO "newest" VALUES('d',1709690400000000,623);
INSERT INTO "newest" VALUES('f',1709690400000000,625);
INSERT INTO "newest" VALUES('c',1709690400000000,622);
INSERT INTO "newest" VALUES('b',1709431200000000,321);
INSERT INTO "newest" VALUES('e',1709431200000000,324);
INSERT INTO "newest" VALUES('h',1709431200000000,327);
INSERT INTO "newest" VALUES('g',1709431200000000,326);
CREATE TABLE "newest_rejects" (pipeline TEXT NOT NULL, stage TEXT NOT NULL, position TEXT NOT NULL, step TEXT, column_name TEXT, reason TEXT, sqlstate TEXT, row_values TEXT, PRIMARY KEY (pipeline, stage, position)) STRICT, WITHOUT ROWID;
INSERT INTO "newest_rejects" VALUES('newest','decode','in.ndjson:1486',NULL,'v','`many` is not of type int64',NULL,'{"k": "g", "t": "2024-03-02T00:00:00Z"}');
INSERT INTO "newest_rejects" VALUES('newest','decode','in.ndjson:1539',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "h", "v": 207}');
INSERT INTO "newest_rejects" VALUES('newest','decode','in.ndjson:248',NULL,'v','`many` is not of type int64',NULL,'{"k": "f", "t": "2024-03-01T00:00:00Z"}');
INSERT INTO "newest_rejects" VALUES('newest','decode','in.ndjson:2724',NULL,'v','`many` is not of type int64',NULL,'{"k": "h", "t": "2024-03-03T00:00:00Z"}');
INSERT INTO "newest_rejects" VALUES('newest','decode','in.ndjson:2777',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "a", "v": 310}');
INSERT INTO "newest_rejects" VALUES('newest','decode','in.ndjson:301',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "g", "v": 106}');
INSERT INTO "newest_rejects" VALUES('newest','decode','in.ndjson:3962',NULL,'v','`many` is not of type int64',NULL,'{"k": "a", "t": "2024-03-04T01:00:00Z"}');
INSERT INTO "newest_rejects" VALUES('newest','decode','in.ndjson:4015',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "b", "v": 411}');
INSERT INTO "newest_rejects" VALUES('newest','decode','in.ndjson:5200',NULL,'v','`many` is not of type int64',NULL,'{"k": "b", "t": "2024-03-05T01:00:00Z"}');
INSERT INTO "newest_rejects" VALUES('newest','decode','in.ndjson:5253',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "c", "v": 512}');
INSERT INTO "newest_rejects" VALUES('newest','decode','in.ndjson:6438',NULL,'v','`many` is not of type int64',NULL,'{"k": "c", "t": "2024-03-06T01:00:00Z"}');
INSERT INTO "newest_rejects" VALUES('newest','decode','in.ndjson:6491',NULL,'t','`some day` is not a timestamp in the format ISO 8601 or epoch_millis',NULL,'{"k": "d", "v": 613}');
INSERT INTO "newest_rejects" VALUES('newest','load','in.ndjson:1577',NULL,'k','the key column `k` is null',NULL,'{"k": null, "t": "2024-03-02T01:00:00Z", "v": 210}');
INSERT INTO "newest_rejects" VALUES('newest','load','in.ndjson:2815',NULL,'k','the key column `k` is null',NULL,'{"k": null, "t": "2024-03-03T01:00:00Z", "v": 311}');
INSERT INTO "newest_rejects" VALUES('newest','load','in.ndjson:339',NULL,'k','the key column `k` is null',NULL,'{"k": null, "t": "2024-03-01T00:00:00Z", "v": 107}');
INSERT INTO "newest_rejects" VALUES('newest','load','in.ndjson:4053',NULL,'k','the key column `k` is null',NULL,'{"k": null, "t": "2024-03-04T01:00:00Z", "v": 412}');
INSERT INTO "newest_rejects" VALUES('newest','load','in.ndjson:5291',NULL,'k','the key column `k` is null',NULL,'{"k": null, "t": "2024-03-05T01:00:00Z", "v": 513}');
INSERT INTO "newest_rejects" VALUES('newest','load','in.ndjson:6529',NULL,'k','the key column `k` is null',NULL,'{"k": null, "t": "2024-03-06T01:00:00Z", "v": 614}');
INSERT INTO "newest_rejects" VALUES('newest','step','in.ndjson:1288','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "c", "t": "2024-03-02T00:00:00Z", "v": 0}');
INSERT INTO "newest_rejects" VALUES('newest','step','in.ndjson:1828','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "f", "t": "2024-03-02T01:00:00Z", "v": 0}');
INSERT INTO "newest_rejects" VALUES('newest','step','in.ndjson:2526','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "d", "t": "2024-03-03T00:00:00Z", "v": 0}');
INSERT INTO "newest_rejects" VALUES('newest','step','in.ndjson:3066','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "g", "t": "2024-03-03T01:00:00Z", "v": 0}');
INSERT INTO "newest_rejects" VALUES('newest','step','in.ndjson:3764','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "e", "t": "2024-03-04T00:00:00Z", "v": 0}');
INSERT INTO "newest_rejects" VALUES('newest','step','in.ndjson:4304','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "h", "t": "2024-03-04T01:00:00Z", "v": 0}');
INSERT INTO "newest_rejects" VALUES('newest','step','in.ndjson:50','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "b", "t": "2024-03-01T00:00:00Z", "v": 0}');
INSERT INTO "newest_rejects" VALUES('newest','step','in.ndjson:5002','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "f", "t": "2024-03-05T00:00:00Z", "v": 0}');
INSERT INTO "newest_rejects" VALUES('newest','step','in.ndjson:5542','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "a", "t": "2024-03-05T02:00:00Z", "v": 0}');
INSERT INTO "newest_rejects" VALUES('newest','step','in.ndjson:590','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "e", "t": "2024-03-01T01:00:00Z", "v": 0}');
INSERT INTO "newest_rejects" VALUES('newest','step','in.ndjson:6240','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "g", "t": "2024-03-06T00:00:00Z", "v": 0}');
INSERT INTO "newest_rejects" VALUES('newest','step','in.ndjson:6780','1 where',NULL,'division by zero (character 5 of the expression)',NULL,'{"k": "b", "t": "2024-03-06T02:00:00Z", "v": 0}');
CREATE TABLE tidemill_lease(pipeline TEXT PRIMARY KEY, epoch INTEGER NOT NULL, holder_boot TEXT, holder_namespace INTEGER, holder_pid INTEGER, holder_started INTEGER, renewed_at INTEGER NOT NULL) STRICT;
INSERT INTO "tidemill_lease" VALUES('kept',2,'5ea3b1f6-0c4d-4a53-9a3f-1d7c2b9e8f60',4026531836,16735,5316458,1709683200000000);
INSERT INTO "tidemill_lease" VALUES('newest',2,'5ea3b1f6-0c4d-4a53-9a3f-1d7c2b9e8f60',4026531836,16755,5316477,1709683200000000);
INSERT INTO "tidemill_lease" VALUES('whole',2,'5ea3b1f6-0c4d-4a53-9a3f-1d7c2b9e8f60',4026531836,16776,5316494,1709683200000000);
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
','14096a2bc3c6ce8f',NULL);
INSERT INTO "tidemill_pipelines" VALUES('newest','newest','merge','"k"','7a2a114f65f76910a7893470d0717622','series hash: version 1
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
','dd989f1f45007207',NULL);
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
','fc3629e1b3833743',NULL);
CREATE TABLE tidemill_runs(pipeline TEXT NOT NULL, run INTEGER NOT NULL, status TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, plan TEXT, record TEXT, PRIMARY KEY (pipeline, run)) STRICT;
INSERT INTO "tidemill_runs" VALUES('kept',1,'complete',1795309995608854,1795309995733300,'{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"members":[{"name":"in.ndjson","identity":"3564:1709900000000000000"}],"marks":[]}','{"pipeline":"kept","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T01:13:15.608854Z","ended_at":"2026-11-22T01:13:15.733300Z","horizon":"2024-03-03T00:00:00Z","source":"","splits":1,"counts":{"read":72,"consumed":42,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":21,"rejected":9,"discarded":0,"emitted":38,"loaded":34,"superseded":0,"refused":4,"series":8,"days":16,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":42,"rows_out":38,"filtered":0,"deduplicated":0,"rejected":4},{"step":"2 lua","rows_in":38,"rows_out":38,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":37291},{"stage":"reading","micros":8171,"rows":72,"rows_per_second":8811,"bytes":3564},{"stage":"sorting","micros":22},{"stage":"processing","micros":84422,"rows":38,"rows_per_second":450},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":37711872,"memory_mean_bytes":13453721,"budget_peak_bytes":2627423,"cpu_micros":16624,"wall_micros":129959,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":13,"rejects":13,"loaded_ever":34,"error":null}');
INSERT INTO "tidemill_runs" VALUES('newest',1,'complete',1795309995813084,1795309995878925,'{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"members":[{"name":"in.ndjson","identity":"3564:1709900000000000000"}],"marks":[]}','{"pipeline":"newest","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T01:13:15.813084Z","ended_at":"2026-11-22T01:13:15.878925Z","source":"","splits":1,"counts":{"read":72,"consumed":66,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":6,"discarded":0,"emitted":60,"loaded":8,"superseded":49,"refused":3,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":66,"rows_out":60,"filtered":0,"deduplicated":0,"rejected":6}],"stages":[{"stage":"planning","micros":33730},{"stage":"reading","micros":3564,"rows":72,"rows_per_second":20202,"bytes":3564},{"stage":"sorting","micros":13},{"stage":"processing","micros":29586,"rows":60,"rows_per_second":2027},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":37711872,"memory_mean_bytes":12994560,"budget_peak_bytes":2626319,"cpu_micros":5442,"wall_micros":66952,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":6,"rejects":15,"loaded_ever":8,"error":null}');
INSERT INTO "tidemill_runs" VALUES('whole',1,'complete',1795309995944571,1795309996030899,'{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"members":[{"name":"in.ndjson","identity":"3564:1709900000000000000"}],"marks":[]}','{"pipeline":"whole","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T01:13:15.944571Z","ended_at":"2026-11-22T01:13:16.030899Z","horizon":"2024-03-03T00:00:00Z","source":"","splits":1,"counts":{"read":72,"consumed":42,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":21,"rejected":9,"discarded":0,"emitted":38,"loaded":38,"superseded":0,"refused":0,"series":8,"days":16,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":42,"rows_out":38,"filtered":0,"deduplicated":0,"rejected":4},{"step":"2 lua","rows_in":38,"rows_out":38,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":21312},{"stage":"reading","micros":6834,"rows":72,"rows_per_second":10535,"bytes":3564},{"stage":"sorting","micros":15},{"stage":"processing","micros":60541,"rows":38,"rows_per_second":627},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":37711872,"memory_mean_bytes":13678182,"budget_peak_bytes":2627423,"cpu_micros":15744,"wall_micros":93206,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":13,"rejects":13,"loaded_ever":38,"error":null}');
INSERT INTO "tidemill_runs" VALUES('kept',2,'started',1795309996099917,0,'{"version":1,"horizon_micros":1709683200000000,"by_marks":0,"members":[{"name":"in.ndjson","identity":"7128:1709900000000000001"}],"marks":[]}','{"pipeline":"kept","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T01:13:16.099917Z","horizon":"2024-03-06T00:00:00Z","source":"","splits":1,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0},{"step":"2 lua","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":37711872,"memory_mean_bytes":12754944,"budget_peak_bytes":0,"cpu_micros":1395,"wall_micros":6402,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":34,"error":null}');
INSERT INTO "tidemill_runs" VALUES('newest',2,'started',1795309996342212,0,'{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"members":[{"name":"in.ndjson","identity":"7128:1709900000000000001"}],"marks":[]}','{"pipeline":"newest","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T01:13:16.342212Z","source":"","splits":1,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":37711872,"memory_mean_bytes":13023232,"budget_peak_bytes":0,"cpu_micros":1541,"wall_micros":20434,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":8,"error":null}');
INSERT INTO "tidemill_runs" VALUES('whole',2,'started',1795309996462238,0,'{"version":1,"horizon_micros":1709683200000000,"by_marks":0,"members":[{"name":"in.ndjson","identity":"7128:1709900000000000001"}],"marks":[]}','{"pipeline":"whole","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T01:13:16.462238Z","horizon":"2024-03-06T00:00:00Z","source":"","splits":1,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 where","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0},{"step":"2 lua","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319127552,"memory_peak_bytes":37711872,"memory_mean_bytes":13387776,"budget_peak_bytes":0,"cpu_micros":1367,"wall_micros":1244,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":38,"error":null}');
CREATE TABLE "tidemill_staged_whole" ("k" TEXT, "t" INTEGER, "v" INTEGER, "n" INTEGER, _tidemill_position TEXT) STRICT;
INSERT INTO "tidemill_staged_whole" VALUES('f',1709254800000000,115,1,'f/2024-03-01/1');
INSERT INTO "tidemill_staged_whole" VALUES('f',1709258400000000,125,2,'f/2024-03-01/2');
INSERT INTO "tidemill_staged_whole" VALUES('f',1709337600000000,205,3,'f/2024-03-02/1');
INSERT INTO "tidemill_staged_whole" VALUES('f',1709344800000000,225,4,'f/2024-03-02/2');
INSERT INTO "tidemill_staged_whole" VALUES('f',1709424000000000,777,5,'f/2024-03-03/1');
INSERT INTO "tidemill_staged_whole" VALUES('f',1709427600000000,315,6,'f/2024-03-03/2');
INSERT INTO "tidemill_staged_whole" VALUES('f',1709431200000000,325,7,'f/2024-03-03/3');
INSERT INTO "tidemill_staged_whole" VALUES('f',1709510400000000,405,8,'f/2024-03-04/1');
INSERT INTO "tidemill_staged_whole" VALUES('f',1709514000000000,777,9,'f/2024-03-04/2');
INSERT INTO "tidemill_staged_whole" VALUES('f',1709517600000000,425,10,'f/2024-03-04/3');
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
INSERT INTO "tidemill_units" VALUES('kept',2,'660d32e9430b4-415f/p0/1',3,1,2,0,1);
INSERT INTO "tidemill_units" VALUES('kept',2,'660d32e9430b4-415f/p0/2',3,1,2,0,1);
INSERT INTO "tidemill_units" VALUES('kept',2,'660d32e9430b4-415f/p0/3',4,2,4,0,0);
INSERT INTO "tidemill_units" VALUES('newest',2,'660d32e97ac50-4173/p0/1',3,0,3,0,0);
INSERT INTO "tidemill_units" VALUES('newest',2,'660d32e97ac50-4173/p0/2',1,0,1,0,0);
INSERT INTO "tidemill_units" VALUES('whole',2,'660d32e99cc1f-4188/p0/1',4,1,4,0,0);
INSERT INTO "tidemill_units" VALUES('whole',2,'660d32e99cc1f-4188/p0/2',3,0,3,0,0);
INSERT INTO "tidemill_units" VALUES('whole',2,'660d32e99cc1f-4188/p0/3',3,0,3,0,0);
CREATE TABLE "whole" ("k" TEXT, "t" INTEGER, "v" INTEGER, "n" INTEGER) STRICT;
INSERT INTO "whole" VALUES('f',1709254800000000,115,1);
INSERT INTO "whole" VALUES('f',1709258400000000,125,2);
INSERT INTO "whole" VALUES('f',1709337600000000,205,3);
INSERT INTO "whole" VALUES('f',1709344800000000,225,4);
INSERT INTO "whole" VALUES('d',1709251200000000,777,1);
INSERT INTO "whole" VALUES('d',1709254800000000,113,2);
INSERT INTO "whole" VALUES('d',1709258400000000,123,3);
INSERT INTO "whole" VALUES('d',1709337600000000,203,4);
INSERT INTO "whole" VALUES('d',1709341200000000,777,5);
INSERT INTO "whole" VALUES('d',1709344800000000,223,6);
INSERT INTO "whole" VALUES('a',1709251200000000,100,1);
INSERT INTO "whole" VALUES('a',1709254800000000,110,2);
INSERT INTO "whole" VALUES('a',1709258400000000,120,3);
INSERT INTO "whole" VALUES('a',1709337600000000,200,4);
INSERT INTO "whole" VALUES('a',1709344800000000,220,5);
INSERT INTO "whole" VALUES('c',1709251200000000,102,1);
INSERT INTO "whole" VALUES('c',1709254800000000,777,2);
INSERT INTO "whole" VALUES('c',1709258400000000,122,3);
INSERT INTO "whole" VALUES('c',1709341200000000,212,4);
INSERT INTO "whole" VALUES('c',1709344800000000,222,5);
INSERT INTO "whole" VALUES('b',1709254800000000,111,1);
INSERT INTO "whole" VALUES('b',1709258400000000,121,2);
INSERT INTO "whole" VALUES('b',1709337600000000,201,3);
INSERT INTO "whole" VALUES('b',1709341200000000,211,4);
INSERT INTO "whole" VALUES('b',1709344800000000,221,5);
INSERT INTO "whole" VALUES('e',1709251200000000,104,1);
INSERT INTO "whole" VALUES('e',1709258400000000,124,2);
INSERT INTO "whole" VALUES('e',1709337600000000,777,3);
INSERT INTO "whole" VALUES('e',1709341200000000,214,4);
INSERT INTO "whole" VALUES('e',1709344800000000,224,5);
INSERT INTO "whole" VALUES('h',1709254800000000,117,1);
INSERT INTO "whole" VALUES('h',1709258400000000,127,2);
INSERT INTO "whole" VALUES('h',1709341200000000,217,3);
INSERT INTO "whole" VALUES('h',1709344800000000,227,4);
INSERT INTO "whole" VALUES('g',1709254800000000,116,1);
INSERT INTO "whole" VALUES('g',1709258400000000,126,2);
INSERT INTO "whole" VALUES('g',1709341200000000,216,3);
INSERT INTO "whole" VALUES('g',1709344800000000,226,4);
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
CREATE INDEX "tidemill_identity_14096a2bc3c6ce8f" ON "kept" (1) WHERE 0;
CREATE INDEX "tidemill_identity_dd989f1f45007207" ON "newest" (1) WHERE 0;
CREATE INDEX "tidemill_identity_fc3629e1b3833743" ON "whole" (1) WHERE 0;
COMMIT;
