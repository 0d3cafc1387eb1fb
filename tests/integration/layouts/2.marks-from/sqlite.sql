BEGIN TRANSACTION;
CREATE TABLE "docs_ended" ("k" TEXT, "t" INTEGER, "v" INTEGER, "at" INTEGER NOT NULL) STRICT;
INSERT INTO "docs_ended" VALUES('a',1709251200000000,0,1709254800000000);
INSERT INTO "docs_ended" VALUES('a',1709337600000000,10,1709341200000000);
INSERT INTO "docs_ended" VALUES('a',1709424000000000,20,1709427600000000);
INSERT INTO "docs_ended" VALUES('b',1709254800000000,1,1709254800000000);
INSERT INTO "docs_ended" VALUES('b',1709341200000000,11,1709341200000000);
INSERT INTO "docs_ended" VALUES('b',1709427600000000,21,1709427600000000);
INSERT INTO "docs_ended" VALUES('c',1709258400000000,2,1709254800000000);
INSERT INTO "docs_ended" VALUES('c',1709344800000000,12,1709341200000000);
INSERT INTO "docs_ended" VALUES('c',1709431200000000,22,1709427600000000);
INSERT INTO "docs_ended" VALUES('a',1709337600000000,30,1709514000000000);
INSERT INTO "docs_ended" VALUES('a',1709510400000000,1000,1709514000000000);
INSERT INTO "docs_ended" VALUES('a',1709251200000000,1010,1709600400000000);
INSERT INTO "docs_ended" VALUES('a',1709596800000000,1020,1709600400000000);
INSERT INTO "docs_ended" VALUES('a',1709683200000000,1030,1709686800000000);
INSERT INTO "docs_ended" VALUES('b',1709341200000000,31,1709514000000000);
INSERT INTO "docs_ended" VALUES('b',1709514000000000,1001,1709514000000000);
INSERT INTO "docs_ended" VALUES('b',1709254800000000,1011,1709600400000000);
INSERT INTO "docs_ended" VALUES('b',1709600400000000,1021,1709600400000000);
INSERT INTO "docs_ended" VALUES('b',1709686800000000,1031,1709686800000000);
INSERT INTO "docs_ended" VALUES('c',1709344800000000,32,1709514000000000);
INSERT INTO "docs_ended" VALUES('c',1709517600000000,1002,1709514000000000);
INSERT INTO "docs_ended" VALUES('c',1709258400000000,1012,1709600400000000);
INSERT INTO "docs_ended" VALUES('c',1709604000000000,1022,1709600400000000);
INSERT INTO "docs_ended" VALUES('c',1709690400000000,1032,1709686800000000);
CREATE TABLE "docs_ended_rejects" (pipeline TEXT NOT NULL, stage TEXT NOT NULL, position TEXT NOT NULL, step TEXT, column_name TEXT, reason TEXT, sqlstate TEXT, row_values TEXT, run INTEGER, undone INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (pipeline, stage, position)) STRICT, WITHOUT ROWID;
INSERT INTO "docs_ended_rejects" VALUES('docs_ended','decode','uses/d40',NULL,'at','the value is missing or null, and the column is required',NULL,'{"k": "a", "t": "2024-03-01T00:00:00Z", "v": 40}',2,0);
INSERT INTO "docs_ended_rejects" VALUES('docs_ended','decode','uses/d41',NULL,'at','the value is missing or null, and the column is required',NULL,'{"k": "b", "t": "2024-03-01T01:00:00Z", "v": 41}',2,0);
INSERT INTO "docs_ended_rejects" VALUES('docs_ended','decode','uses/d42',NULL,'at','the value is missing or null, and the column is required',NULL,'{"k": "c", "t": "2024-03-01T02:00:00Z", "v": 42}',2,0);
CREATE TABLE "docs_halfway" ("k" TEXT, "t" INTEGER, "v" INTEGER, "at" INTEGER NOT NULL) STRICT;
INSERT INTO "docs_halfway" VALUES('a',1709251200000000,0,1709254800000000);
INSERT INTO "docs_halfway" VALUES('a',1709337600000000,10,1709341200000000);
INSERT INTO "docs_halfway" VALUES('a',1709424000000000,20,1709427600000000);
INSERT INTO "docs_halfway" VALUES('b',1709254800000000,1,1709254800000000);
INSERT INTO "docs_halfway" VALUES('b',1709341200000000,11,1709341200000000);
INSERT INTO "docs_halfway" VALUES('b',1709427600000000,21,1709427600000000);
INSERT INTO "docs_halfway" VALUES('c',1709258400000000,2,1709254800000000);
INSERT INTO "docs_halfway" VALUES('c',1709344800000000,12,1709341200000000);
INSERT INTO "docs_halfway" VALUES('c',1709431200000000,22,1709427600000000);
INSERT INTO "docs_halfway" VALUES('a',1709337600000000,30,1709514000000000);
INSERT INTO "docs_halfway" VALUES('a',1709510400000000,1000,1709514000000000);
INSERT INTO "docs_halfway" VALUES('a',1709251200000000,1010,1709600400000000);
INSERT INTO "docs_halfway" VALUES('a',1709596800000000,1020,1709600400000000);
INSERT INTO "docs_halfway" VALUES('a',1709683200000000,1030,1709686800000000);
INSERT INTO "docs_halfway" VALUES('b',1709341200000000,31,1709514000000000);
INSERT INTO "docs_halfway" VALUES('b',1709514000000000,1001,1709514000000000);
INSERT INTO "docs_halfway" VALUES('b',1709254800000000,1011,1709600400000000);
INSERT INTO "docs_halfway" VALUES('b',1709600400000000,1021,1709600400000000);
INSERT INTO "docs_halfway" VALUES('b',1709686800000000,1031,1709686800000000);
CREATE TABLE "docs_halfway_rejects" (pipeline TEXT NOT NULL, stage TEXT NOT NULL, position TEXT NOT NULL, step TEXT, column_name TEXT, reason TEXT, sqlstate TEXT, row_values TEXT, run INTEGER, undone INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (pipeline, stage, position)) STRICT, WITHOUT ROWID;
INSERT INTO "docs_halfway_rejects" VALUES('docs_halfway','decode','uses/d40',NULL,'at','the value is missing or null, and the column is required',NULL,'{"k": "a", "t": "2024-03-01T00:00:00Z", "v": 40}',2,0);
INSERT INTO "docs_halfway_rejects" VALUES('docs_halfway','decode','uses/d41',NULL,'at','the value is missing or null, and the column is required',NULL,'{"k": "b", "t": "2024-03-01T01:00:00Z", "v": 41}',2,0);
INSERT INTO "docs_halfway_rejects" VALUES('docs_halfway','decode','uses/d42',NULL,'at','the value is missing or null, and the column is required',NULL,'{"k": "c", "t": "2024-03-01T02:00:00Z", "v": 42}',1,0);
CREATE TABLE "events_ended" ("k" TEXT, "t" INTEGER, "v" INTEGER, "n" INTEGER, "_series_k" TEXT NOT NULL, "_day" TEXT NOT NULL) STRICT;
INSERT INTO "events_ended" VALUES('a',1709251200000000,0,1,'a','2024-03-01');
INSERT INTO "events_ended" VALUES('a',1709337600000000,10,2,'a','2024-03-02');
INSERT INTO "events_ended" VALUES('c',1709258400000000,2,1,'c','2024-03-01');
INSERT INTO "events_ended" VALUES('c',1709344800000000,12,2,'c','2024-03-02');
INSERT INTO "events_ended" VALUES('b',1709254800000000,1,1,'b','2024-03-01');
INSERT INTO "events_ended" VALUES('b',1709341200000000,11,2,'b','2024-03-02');
INSERT INTO "events_ended" VALUES('a',1709424000000000,20,3,'a','2024-03-03');
INSERT INTO "events_ended" VALUES('a',1709510400000000,1000,4,'a','2024-03-04');
INSERT INTO "events_ended" VALUES('a',1709596800000000,1020,5,'a','2024-03-05');
INSERT INTO "events_ended" VALUES('c',1709431200000000,22,3,'c','2024-03-03');
INSERT INTO "events_ended" VALUES('c',1709517600000000,1002,4,'c','2024-03-04');
INSERT INTO "events_ended" VALUES('c',1709604000000000,1022,5,'c','2024-03-05');
INSERT INTO "events_ended" VALUES('b',1709427600000000,21,3,'b','2024-03-03');
INSERT INTO "events_ended" VALUES('b',1709514000000000,1001,4,'b','2024-03-04');
INSERT INTO "events_ended" VALUES('b',1709600400000000,1021,5,'b','2024-03-05');
CREATE TABLE "events_ended_late" ("k" TEXT, "t" INTEGER, "v" INTEGER, "at" INTEGER NOT NULL) STRICT;
INSERT INTO "events_ended_late" VALUES('a',1709251200000000,1010,1709600400000000);
INSERT INTO "events_ended_late" VALUES('a',1709337600000000,30,1709514000000000);
INSERT INTO "events_ended_late" VALUES('c',1709258400000000,1012,1709600400000000);
INSERT INTO "events_ended_late" VALUES('c',1709344800000000,32,1709514000000000);
INSERT INTO "events_ended_late" VALUES('b',1709254800000000,1011,1709600400000000);
INSERT INTO "events_ended_late" VALUES('b',1709341200000000,31,1709514000000000);
CREATE TABLE "events_ended_rejects" (pipeline TEXT NOT NULL, stage TEXT NOT NULL, position TEXT NOT NULL, step TEXT, column_name TEXT, reason TEXT, sqlstate TEXT, row_values TEXT, run INTEGER, undone INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (pipeline, stage, position)) STRICT, WITHOUT ROWID;
INSERT INTO "events_ended_rejects" VALUES('events_ended','decode','uses/d40',NULL,'at','the value is missing or null, and the column is required',NULL,'{"k": "a", "t": "2024-03-01T00:00:00Z", "v": 40}',2,0);
INSERT INTO "events_ended_rejects" VALUES('events_ended','decode','uses/d41',NULL,'at','the value is missing or null, and the column is required',NULL,'{"k": "b", "t": "2024-03-01T01:00:00Z", "v": 41}',2,0);
INSERT INTO "events_ended_rejects" VALUES('events_ended','decode','uses/d42',NULL,'at','the value is missing or null, and the column is required',NULL,'{"k": "c", "t": "2024-03-01T02:00:00Z", "v": 42}',2,0);
CREATE TABLE "events_halfway" ("k" TEXT, "t" INTEGER, "v" INTEGER, "n" INTEGER, "_series_k" TEXT NOT NULL, "_day" TEXT NOT NULL) STRICT;
INSERT INTO "events_halfway" VALUES('a',1709251200000000,0,1,'a','2024-03-01');
INSERT INTO "events_halfway" VALUES('a',1709337600000000,10,2,'a','2024-03-02');
INSERT INTO "events_halfway" VALUES('c',1709258400000000,2,1,'c','2024-03-01');
INSERT INTO "events_halfway" VALUES('c',1709344800000000,12,2,'c','2024-03-02');
INSERT INTO "events_halfway" VALUES('b',1709254800000000,1,1,'b','2024-03-01');
INSERT INTO "events_halfway" VALUES('b',1709341200000000,11,2,'b','2024-03-02');
INSERT INTO "events_halfway" VALUES('a',1709424000000000,20,3,'a','2024-03-03');
INSERT INTO "events_halfway" VALUES('a',1709510400000000,1000,4,'a','2024-03-04');
INSERT INTO "events_halfway" VALUES('a',1709596800000000,1020,5,'a','2024-03-05');
INSERT INTO "events_halfway" VALUES('c',1709431200000000,22,3,'c','2024-03-03');
INSERT INTO "events_halfway" VALUES('c',1709517600000000,1002,4,'c','2024-03-04');
INSERT INTO "events_halfway" VALUES('c',1709604000000000,1022,5,'c','2024-03-05');
INSERT INTO "events_halfway" VALUES('b',1709427600000000,21,3,'b','2024-03-03');
INSERT INTO "events_halfway" VALUES('b',1709514000000000,1001,4,'b','2024-03-04');
INSERT INTO "events_halfway" VALUES('b',1709600400000000,1021,5,'b','2024-03-05');
CREATE TABLE "events_halfway_late" ("k" TEXT, "t" INTEGER, "v" INTEGER, "at" INTEGER NOT NULL) STRICT;
INSERT INTO "events_halfway_late" VALUES('a',1709251200000000,1010,1709600400000000);
INSERT INTO "events_halfway_late" VALUES('a',1709337600000000,30,1709514000000000);
INSERT INTO "events_halfway_late" VALUES('c',1709258400000000,1012,1709600400000000);
INSERT INTO "events_halfway_late" VALUES('c',1709344800000000,32,1709514000000000);
INSERT INTO "events_halfway_late" VALUES('b',1709254800000000,1011,1709600400000000);
INSERT INTO "events_halfway_late" VALUES('b',1709341200000000,31,1709514000000000);
CREATE TABLE "events_halfway_rejects" (pipeline TEXT NOT NULL, stage TEXT NOT NULL, position TEXT NOT NULL, step TEXT, column_name TEXT, reason TEXT, sqlstate TEXT, row_values TEXT, run INTEGER, undone INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (pipeline, stage, position)) STRICT, WITHOUT ROWID;
INSERT INTO "events_halfway_rejects" VALUES('events_halfway','decode','uses/d40',NULL,'at','the value is missing or null, and the column is required',NULL,'{"k": "a", "t": "2024-03-01T00:00:00Z", "v": 40}',2,0);
INSERT INTO "events_halfway_rejects" VALUES('events_halfway','decode','uses/d41',NULL,'at','the value is missing or null, and the column is required',NULL,'{"k": "b", "t": "2024-03-01T01:00:00Z", "v": 41}',2,0);
INSERT INTO "events_halfway_rejects" VALUES('events_halfway','decode','uses/d42',NULL,'at','the value is missing or null, and the column is required',NULL,'{"k": "c", "t": "2024-03-01T02:00:00Z", "v": 42}',2,0);
CREATE TABLE "kept_ended" ("k" TEXT, "t" INTEGER, "v" INTEGER, "n" INTEGER, "_series_k" TEXT NOT NULL, "_day" TEXT NOT NULL) STRICT;
INSERT INTO "kept_ended" VALUES('a',1709251200000000,1000,1,'a','2024-03-01');
INSERT INTO "kept_ended" VALUES('a',1709251200000000,2000,2,'a','2024-03-01');
INSERT INTO "kept_ended" VALUES('a',1709337600000000,1010,3,'a','2024-03-02');
INSERT INTO "kept_ended" VALUES('a',1709337600000000,2010,4,'a','2024-03-02');
INSERT INTO "kept_ended" VALUES('a',1709337600000000,3000,5,'a','2024-03-02');
INSERT INTO "kept_ended" VALUES('c',1709258400000000,1002,1,'c','2024-03-01');
INSERT INTO "kept_ended" VALUES('c',1709258400000000,2002,2,'c','2024-03-01');
INSERT INTO "kept_ended" VALUES('c',1709344800000000,1012,3,'c','2024-03-02');
INSERT INTO "kept_ended" VALUES('c',1709344800000000,2012,4,'c','2024-03-02');
INSERT INTO "kept_ended" VALUES('c',1709344800000000,3002,5,'c','2024-03-02');
INSERT INTO "kept_ended" VALUES('b',1709254800000000,1001,1,'b','2024-03-01');
INSERT INTO "kept_ended" VALUES('b',1709254800000000,2001,2,'b','2024-03-01');
INSERT INTO "kept_ended" VALUES('b',1709341200000000,1011,3,'b','2024-03-02');
INSERT INTO "kept_ended" VALUES('b',1709341200000000,2011,4,'b','2024-03-02');
INSERT INTO "kept_ended" VALUES('b',1709341200000000,3001,5,'b','2024-03-02');
INSERT INTO "kept_ended" VALUES('a',1709424000000000,1020,6,'a','2024-03-03');
INSERT INTO "kept_ended" VALUES('a',1709510400000000,1030,7,'a','2024-03-04');
INSERT INTO "kept_ended" VALUES('a',1709510400000000,4000,8,'a','2024-03-04');
INSERT INTO "kept_ended" VALUES('a',1709596800000000,2030,9,'a','2024-03-05');
INSERT INTO "kept_ended" VALUES('c',1709431200000000,1022,6,'c','2024-03-03');
INSERT INTO "kept_ended" VALUES('c',1709517600000000,1032,7,'c','2024-03-04');
INSERT INTO "kept_ended" VALUES('c',1709517600000000,4002,8,'c','2024-03-04');
INSERT INTO "kept_ended" VALUES('c',1709604000000000,2032,9,'c','2024-03-05');
INSERT INTO "kept_ended" VALUES('b',1709427600000000,1021,6,'b','2024-03-03');
INSERT INTO "kept_ended" VALUES('b',1709514000000000,1031,7,'b','2024-03-04');
INSERT INTO "kept_ended" VALUES('b',1709514000000000,4001,8,'b','2024-03-04');
INSERT INTO "kept_ended" VALUES('b',1709600400000000,2031,9,'b','2024-03-05');
CREATE TABLE "kept_ended_late" ("k" TEXT, "t" INTEGER, "v" INTEGER) STRICT;
INSERT INTO "kept_ended_late" VALUES('a',1709251200000000,2020);
INSERT INTO "kept_ended_late" VALUES('c',1709258400000000,2022);
INSERT INTO "kept_ended_late" VALUES('b',1709254800000000,2021);
CREATE TABLE "kept_ended_rejects" (pipeline TEXT NOT NULL, stage TEXT NOT NULL, position TEXT NOT NULL, step TEXT, column_name TEXT, reason TEXT, sqlstate TEXT, row_values TEXT, run INTEGER, undone INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (pipeline, stage, position)) STRICT, WITHOUT ROWID;
CREATE TABLE "kept_halfway" ("k" TEXT, "t" INTEGER, "v" INTEGER, "n" INTEGER, "_series_k" TEXT NOT NULL, "_day" TEXT NOT NULL) STRICT;
INSERT INTO "kept_halfway" VALUES('a',1709251200000000,1000,1,'a','2024-03-01');
INSERT INTO "kept_halfway" VALUES('a',1709251200000000,2000,2,'a','2024-03-01');
INSERT INTO "kept_halfway" VALUES('a',1709337600000000,1010,3,'a','2024-03-02');
INSERT INTO "kept_halfway" VALUES('a',1709337600000000,2010,4,'a','2024-03-02');
INSERT INTO "kept_halfway" VALUES('a',1709337600000000,3000,5,'a','2024-03-02');
INSERT INTO "kept_halfway" VALUES('c',1709258400000000,1002,1,'c','2024-03-01');
INSERT INTO "kept_halfway" VALUES('c',1709258400000000,2002,2,'c','2024-03-01');
INSERT INTO "kept_halfway" VALUES('c',1709344800000000,1012,3,'c','2024-03-02');
INSERT INTO "kept_halfway" VALUES('c',1709344800000000,2012,4,'c','2024-03-02');
INSERT INTO "kept_halfway" VALUES('c',1709344800000000,3002,5,'c','2024-03-02');
INSERT INTO "kept_halfway" VALUES('b',1709254800000000,1001,1,'b','2024-03-01');
INSERT INTO "kept_halfway" VALUES('b',1709254800000000,2001,2,'b','2024-03-01');
INSERT INTO "kept_halfway" VALUES('b',1709341200000000,1011,3,'b','2024-03-02');
INSERT INTO "kept_halfway" VALUES('b',1709341200000000,2011,4,'b','2024-03-02');
INSERT INTO "kept_halfway" VALUES('b',1709341200000000,3001,5,'b','2024-03-02');
INSERT INTO "kept_halfway" VALUES('a',1709424000000000,1020,6,'a','2024-03-03');
INSERT INTO "kept_halfway" VALUES('a',1709510400000000,1030,7,'a','2024-03-04');
INSERT INTO "kept_halfway" VALUES('a',1709510400000000,4000,8,'a','2024-03-04');
INSERT INTO "kept_halfway" VALUES('a',1709596800000000,2030,9,'a','2024-03-05');
INSERT INTO "kept_halfway" VALUES('c',1709431200000000,1022,6,'c','2024-03-03');
INSERT INTO "kept_halfway" VALUES('c',1709517600000000,1032,7,'c','2024-03-04');
INSERT INTO "kept_halfway" VALUES('c',1709517600000000,4002,8,'c','2024-03-04');
INSERT INTO "kept_halfway" VALUES('c',1709604000000000,2032,9,'c','2024-03-05');
CREATE TABLE "kept_halfway_late" ("k" TEXT, "t" INTEGER, "v" INTEGER) STRICT;
INSERT INTO "kept_halfway_late" VALUES('a',1709251200000000,2020);
INSERT INTO "kept_halfway_late" VALUES('c',1709258400000000,2022);
CREATE TABLE "kept_halfway_rejects" (pipeline TEXT NOT NULL, stage TEXT NOT NULL, position TEXT NOT NULL, step TEXT, column_name TEXT, reason TEXT, sqlstate TEXT, row_values TEXT, run INTEGER, undone INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (pipeline, stage, position)) STRICT, WITHOUT ROWID;
CREATE TABLE "lines_ended" ("k" TEXT, "t" INTEGER, "v" INTEGER) STRICT;
INSERT INTO "lines_ended" VALUES('a',1709251200000000,1000);
INSERT INTO "lines_ended" VALUES('b',1709254800000000,1001);
INSERT INTO "lines_ended" VALUES('c',1709258400000000,1002);
INSERT INTO "lines_ended" VALUES('a',1709337600000000,1010);
INSERT INTO "lines_ended" VALUES('b',1709341200000000,1011);
INSERT INTO "lines_ended" VALUES('c',1709344800000000,1012);
INSERT INTO "lines_ended" VALUES('a',1709424000000000,1020);
INSERT INTO "lines_ended" VALUES('b',1709427600000000,1021);
INSERT INTO "lines_ended" VALUES('c',1709431200000000,1022);
INSERT INTO "lines_ended" VALUES('a',1709251200000000,2000);
INSERT INTO "lines_ended" VALUES('b',1709254800000000,2001);
INSERT INTO "lines_ended" VALUES('c',1709258400000000,2002);
INSERT INTO "lines_ended" VALUES('a',1709337600000000,2010);
INSERT INTO "lines_ended" VALUES('b',1709341200000000,2011);
INSERT INTO "lines_ended" VALUES('c',1709344800000000,2012);
INSERT INTO "lines_ended" VALUES('a',1709337600000000,3000);
INSERT INTO "lines_ended" VALUES('b',1709341200000000,3001);
INSERT INTO "lines_ended" VALUES('c',1709344800000000,3002);
INSERT INTO "lines_ended" VALUES('a',1709251200000000,2020);
INSERT INTO "lines_ended" VALUES('b',1709254800000000,2021);
INSERT INTO "lines_ended" VALUES('c',1709258400000000,2022);
INSERT INTO "lines_ended" VALUES('a',1709596800000000,2030);
INSERT INTO "lines_ended" VALUES('b',1709600400000000,2031);
INSERT INTO "lines_ended" VALUES('c',1709604000000000,2032);
INSERT INTO "lines_ended" VALUES('a',1709683200000000,2040);
INSERT INTO "lines_ended" VALUES('b',1709686800000000,2041);
INSERT INTO "lines_ended" VALUES('c',1709690400000000,2042);
INSERT INTO "lines_ended" VALUES('a',1709510400000000,4000);
INSERT INTO "lines_ended" VALUES('b',1709514000000000,4001);
INSERT INTO "lines_ended" VALUES('c',1709517600000000,4002);
INSERT INTO "lines_ended" VALUES('a',1709683200000000,4010);
INSERT INTO "lines_ended" VALUES('b',1709686800000000,4011);
INSERT INTO "lines_ended" VALUES('c',1709690400000000,4012);
INSERT INTO "lines_ended" VALUES('a',1709510400000000,1030);
INSERT INTO "lines_ended" VALUES('b',1709514000000000,1031);
INSERT INTO "lines_ended" VALUES('c',1709517600000000,1032);
CREATE TABLE "lines_ended_rejects" (pipeline TEXT NOT NULL, stage TEXT NOT NULL, position TEXT NOT NULL, step TEXT, column_name TEXT, reason TEXT, sqlstate TEXT, row_values TEXT, run INTEGER, undone INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (pipeline, stage, position)) STRICT, WITHOUT ROWID;
CREATE TABLE "lines_halfway" ("k" TEXT, "t" INTEGER, "v" INTEGER) STRICT;
INSERT INTO "lines_halfway" VALUES('a',1709251200000000,1000);
INSERT INTO "lines_halfway" VALUES('b',1709254800000000,1001);
INSERT INTO "lines_halfway" VALUES('c',1709258400000000,1002);
INSERT INTO "lines_halfway" VALUES('a',1709337600000000,1010);
INSERT INTO "lines_halfway" VALUES('b',1709341200000000,1011);
INSERT INTO "lines_halfway" VALUES('c',1709344800000000,1012);
INSERT INTO "lines_halfway" VALUES('a',1709424000000000,1020);
INSERT INTO "lines_halfway" VALUES('b',1709427600000000,1021);
INSERT INTO "lines_halfway" VALUES('c',1709431200000000,1022);
INSERT INTO "lines_halfway" VALUES('a',1709251200000000,2000);
INSERT INTO "lines_halfway" VALUES('b',1709254800000000,2001);
INSERT INTO "lines_halfway" VALUES('c',1709258400000000,2002);
INSERT INTO "lines_halfway" VALUES('a',1709337600000000,2010);
INSERT INTO "lines_halfway" VALUES('b',1709341200000000,2011);
INSERT INTO "lines_halfway" VALUES('c',1709344800000000,2012);
INSERT INTO "lines_halfway" VALUES('a',1709337600000000,3000);
INSERT INTO "lines_halfway" VALUES('b',1709341200000000,3001);
INSERT INTO "lines_halfway" VALUES('c',1709344800000000,3002);
INSERT INTO "lines_halfway" VALUES('a',1709251200000000,2020);
INSERT INTO "lines_halfway" VALUES('b',1709254800000000,2021);
INSERT INTO "lines_halfway" VALUES('c',1709258400000000,2022);
INSERT INTO "lines_halfway" VALUES('a',1709596800000000,2030);
INSERT INTO "lines_halfway" VALUES('b',1709600400000000,2031);
INSERT INTO "lines_halfway" VALUES('c',1709604000000000,2032);
INSERT INTO "lines_halfway" VALUES('a',1709683200000000,2040);
INSERT INTO "lines_halfway" VALUES('b',1709686800000000,2041);
INSERT INTO "lines_halfway" VALUES('c',1709690400000000,2042);
INSERT INTO "lines_halfway" VALUES('a',1709510400000000,4000);
INSERT INTO "lines_halfway" VALUES('b',1709514000000000,4001);
INSERT INTO "lines_halfway" VALUES('c',1709517600000000,4002);
INSERT INTO "lines_halfway" VALUES('a',1709683200000000,4010);
INSERT INTO "lines_halfway" VALUES('b',1709686800000000,4011);
INSERT INTO "lines_halfway" VALUES('c',1709690400000000,4012);
CREATE TABLE "lines_halfway_rejects" (pipeline TEXT NOT NULL, stage TEXT NOT NULL, position TEXT NOT NULL, step TEXT, column_name TEXT, reason TEXT, sqlstate TEXT, row_values TEXT, run INTEGER, undone INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (pipeline, stage, position)) STRICT, WITHOUT ROWID;
CREATE TABLE tidemill_lease(pipeline TEXT PRIMARY KEY, epoch INTEGER NOT NULL, holder_boot TEXT, holder_namespace INTEGER, holder_pid INTEGER, holder_started INTEGER, renewed_at INTEGER NOT NULL, holder_host TEXT) STRICT;
INSERT INTO "tidemill_lease" VALUES('kept_ended',2,NULL,NULL,NULL,NULL,1795346569650745,NULL);
INSERT INTO "tidemill_lease" VALUES('lines_ended',2,NULL,NULL,NULL,NULL,1795346569721494,NULL);
INSERT INTO "tidemill_lease" VALUES('events_ended',2,NULL,NULL,NULL,NULL,1795346569864697,NULL);
INSERT INTO "tidemill_lease" VALUES('docs_ended',2,NULL,NULL,NULL,NULL,1795346569924063,NULL);
INSERT INTO "tidemill_lease" VALUES('kept_halfway',2,'becdf223-940a-4252-86d4-de771cbcf53f',4026531836,23124,230964,1795346569965113,'vm');
INSERT INTO "tidemill_lease" VALUES('lines_halfway',2,'becdf223-940a-4252-86d4-de771cbcf53f',4026531836,23134,230968,1795346570021625,'vm');
INSERT INTO "tidemill_lease" VALUES('events_halfway',2,'becdf223-940a-4252-86d4-de771cbcf53f',4026531836,23146,230976,1795346570249649,'vm');
INSERT INTO "tidemill_lease" VALUES('docs_halfway',2,'becdf223-940a-4252-86d4-de771cbcf53f',4026531836,23183,231000,1795346570428828,'vm');
CREATE TABLE tidemill_ledger(one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL) STRICT;
INSERT INTO "tidemill_ledger" VALUES(1,2);
CREATE TABLE tidemill_marks(pipeline TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, open INTEGER NOT NULL, run INTEGER NOT NULL, PRIMARY KEY (pipeline, name)) STRICT, WITHOUT ROWID;
INSERT INTO "tidemill_marks" VALUES('docs_ended','cursor','1709726400890000 1709726400890000 at',0,2);
INSERT INTO "tidemill_marks" VALUES('docs_halfway','cursor','1709467201312000 1709467201312000 at',0,1);
INSERT INTO "tidemill_marks" VALUES('events_ended','cursor','1709726400795000 1709686800000000 at',0,2);
INSERT INTO "tidemill_marks" VALUES('events_halfway','cursor','1709467201192000 1709427600000000 at',0,1);
INSERT INTO "tidemill_marks" VALUES('kept_ended','in/a.ndjson','612:1709900000000000001 612 8ea0c20219eacad22e6f506c85355607',0,2);
INSERT INTO "tidemill_marks" VALUES('kept_ended','in/b.ndjson','765:1709900000000000001 765 094a0af697fa2c0ea628ebe5e8fff115 306',1,2);
INSERT INTO "tidemill_marks" VALUES('kept_ended','in/c.moved.ndjson','153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c',0,2);
INSERT INTO "tidemill_marks" VALUES('kept_ended','in/c.ndjson','153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c',0,1);
INSERT INTO "tidemill_marks" VALUES('kept_ended','in/d.ndjson','306:1709900000000000001 306 208a715ab29f93bfdc4ff04fbf84f1d0',1,2);
INSERT INTO "tidemill_marks" VALUES('kept_halfway','in/a.ndjson','459:1709900000000000000 459 9bf5fd12e89eacd0db8506e8c29ea5ba',1,1);
INSERT INTO "tidemill_marks" VALUES('kept_halfway','in/b.ndjson','306:1709900000000000000 306 7654835a27278db389b82f94447532b7',0,1);
INSERT INTO "tidemill_marks" VALUES('kept_halfway','in/c.ndjson','153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c',0,1);
INSERT INTO "tidemill_marks" VALUES('lines_ended','in/a.ndjson','612:1709900000000000001 612 8ea0c20219eacad22e6f506c85355607 459',0,2);
INSERT INTO "tidemill_marks" VALUES('lines_ended','in/b.ndjson','765:1709900000000000001 765 094a0af697fa2c0ea628ebe5e8fff115 306',0,2);
INSERT INTO "tidemill_marks" VALUES('lines_ended','in/c.moved.ndjson','153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c',0,2);
INSERT INTO "tidemill_marks" VALUES('lines_ended','in/c.ndjson','153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c',0,1);
INSERT INTO "tidemill_marks" VALUES('lines_ended','in/d.ndjson','306:1709900000000000001 306 208a715ab29f93bfdc4ff04fbf84f1d0',0,2);
INSERT INTO "tidemill_marks" VALUES('lines_halfway','in/a.ndjson','459:1709900000000000000 459 9bf5fd12e89eacd0db8506e8c29ea5ba',0,1);
INSERT INTO "tidemill_marks" VALUES('lines_halfway','in/b.ndjson','306:1709900000000000000 306 7654835a27278db389b82f94447532b7',0,1);
INSERT INTO "tidemill_marks" VALUES('lines_halfway','in/c.ndjson','153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c',0,1);
CREATE TABLE tidemill_pipelines(pipeline TEXT PRIMARY KEY, table_name TEXT NOT NULL, mode TEXT NOT NULL, key_columns TEXT NOT NULL, fingerprint TEXT, fingerprint_text TEXT, table_identity TEXT, swap TEXT) STRICT;
INSERT INTO "tidemill_pipelines" VALUES('kept_ended','kept_ended','append','','9eb219a735832156fdae52b0f68cf985','series hash: version 1
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
','48517b68cbf4f420',NULL);
INSERT INTO "tidemill_pipelines" VALUES('lines_ended','lines_ended','append','','5bbc1a147debfd2811fa30fb921ec894','series hash: version 1
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
','2a62a3f9c2641029',NULL);
INSERT INTO "tidemill_pipelines" VALUES('events_ended','events_ended','append','','6d5d6b7f7891c02b3e2995da152c2b02','series hash: version 1
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
','f3dd97c5ec7c08dd',NULL);
INSERT INTO "tidemill_pipelines" VALUES('docs_ended','docs_ended','append','','22f8d29838c687774e71673343916066','series hash: version 1
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
','038db52dfb962160',NULL);
INSERT INTO "tidemill_pipelines" VALUES('kept_halfway','kept_halfway','append','','9eb219a735832156fdae52b0f68cf985','series hash: version 1
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
','87f655db88048322',NULL);
INSERT INTO "tidemill_pipelines" VALUES('lines_halfway','lines_halfway','append','','5bbc1a147debfd2811fa30fb921ec894','series hash: version 1
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
','0543bb3898a2f850',NULL);
INSERT INTO "tidemill_pipelines" VALUES('events_halfway','events_halfway','append','','6d5d6b7f7891c02b3e2995da152c2b02','series hash: version 1
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
','d025697206743832',NULL);
INSERT INTO "tidemill_pipelines" VALUES('docs_halfway','docs_halfway','append','','22f8d29838c687774e71673343916066','series hash: version 1
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
','5f93bac39d2bd39d',NULL);
CREATE TABLE tidemill_runs(pipeline TEXT NOT NULL, run INTEGER NOT NULL, status TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, plan TEXT, record TEXT, PRIMARY KEY (pipeline, run)) STRICT;
INSERT INTO "tidemill_runs" VALUES('kept_ended',1,'complete',1795346568409557,1795346568462274,'{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"459:1709900000000000000","mark":"459:1709900000000000000 459 9bf5fd12e89eacd0db8506e8c29ea5ba","reason":0,"begin":0,"end":459,"known":0},{"name":"in/b.ndjson","identity":"306:1709900000000000000","mark":"306:1709900000000000000 306 7654835a27278db389b82f94447532b7","reason":0,"begin":0,"end":306,"known":0},{"name":"in/c.ndjson","identity":"153:1709900000000000000","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c","reason":0,"begin":0,"end":153,"known":0}],"marks":[]}','{"pipeline":"kept_ended","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:22:48.409557Z","ended_at":"2026-11-22T11:22:48.462274Z","horizon":"2024-03-03T00:00:00Z","source":"","splits":3,"counts":{"read":18,"consumed":15,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":3,"rejected":0,"discarded":0,"emitted":15,"loaded":15,"superseded":0,"refused":0,"series":3,"days":6,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 lua","rows_in":15,"rows_out":15,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":28851},{"stage":"reading","micros":198,"rows":18,"rows_per_second":90909,"bytes":918},{"stage":"sorting","micros":5},{"stage":"processing","micros":23952,"rows":15,"rows_per_second":626},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":14086144,"memory_mean_bytes":13200042,"budget_peak_bytes":2623203,"cpu_micros":12475,"wall_micros":53817,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":7,"rejects":0,"loaded_ever":15,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('lines_ended',1,'complete',1795346568531893,1795346568557236,'{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"459:1709900000000000000","mark":"459:1709900000000000000 459 9bf5fd12e89eacd0db8506e8c29ea5ba","reason":0,"begin":0,"end":459,"known":0},{"name":"in/b.ndjson","identity":"306:1709900000000000000","mark":"306:1709900000000000000 306 7654835a27278db389b82f94447532b7","reason":0,"begin":0,"end":306,"known":0},{"name":"in/c.ndjson","identity":"153:1709900000000000000","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c","reason":0,"begin":0,"end":153,"known":0}],"marks":[]}','{"pipeline":"lines_ended","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:22:48.531893Z","ended_at":"2026-11-22T11:22:48.557236Z","source":"","splits":3,"counts":{"read":18,"consumed":18,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":18,"loaded":18,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":24261},{"stage":"reading","micros":6245,"rows":18,"rows_per_second":2882,"bytes":918},{"stage":"sorting","micros":0},{"stage":"processing","micros":0,"rows":18,"rows_per_second":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":13307904,"memory_mean_bytes":13126314,"budget_peak_bytes":524585,"cpu_micros":6435,"wall_micros":30569,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":3,"rejects":0,"loaded_ever":18,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('events_ended',1,'complete',1795346568635283,1795346568714539,'{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"replaces":0,"cursor_low":-9223372036854775808,"cursor_high":1709467200635000,"cursor_known":-9223372036854775808,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}','{"pipeline":"events_ended","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:22:48.635283Z","ended_at":"2026-11-22T11:22:48.714539Z","horizon":"2024-03-03T00:00:00Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":12,"consumed":6,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":3,"rejected":3,"discarded":0,"emitted":6,"loaded":6,"superseded":0,"refused":0,"series":3,"days":6,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 lua","rows_in":6,"rows_out":6,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":48681},{"stage":"reading","micros":12751,"rows":12,"rows_per_second":941,"bytes":2454},{"stage":"sorting","micros":8},{"stage":"processing","micros":22338,"rows":6,"rows_per_second":268},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":16707584,"memory_mean_bytes":15375360,"budget_peak_bytes":2164151,"cpu_micros":15560,"wall_micros":83873,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":5,"rejects":3,"loaded_ever":6,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('docs_ended',1,'complete',1795346568762815,1795346568831872,'{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"cursor_low":-9223372036854775808,"cursor_high":1709467200762000,"cursor_known":-9223372036854775808,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}','{"pipeline":"docs_ended","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:22:48.762815Z","ended_at":"2026-11-22T11:22:48.831872Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":12,"consumed":9,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":3,"discarded":0,"emitted":9,"loaded":9,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":51666},{"stage":"reading","micros":19842,"rows":12,"rows_per_second":604,"bytes":2454},{"stage":"sorting","micros":0},{"stage":"processing","micros":0,"rows":9,"rows_per_second":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":16142336,"memory_mean_bytes":14784512,"budget_peak_bytes":65655,"cpu_micros":11224,"wall_micros":71641,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":3,"rejects":3,"loaded_ever":9,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('kept_halfway',1,'complete',1795346568911576,1795346568975117,'{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"459:1709900000000000000","mark":"459:1709900000000000000 459 9bf5fd12e89eacd0db8506e8c29ea5ba","reason":0,"begin":0,"end":459,"known":0},{"name":"in/b.ndjson","identity":"306:1709900000000000000","mark":"306:1709900000000000000 306 7654835a27278db389b82f94447532b7","reason":0,"begin":0,"end":306,"known":0},{"name":"in/c.ndjson","identity":"153:1709900000000000000","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c","reason":0,"begin":0,"end":153,"known":0}],"marks":[]}','{"pipeline":"kept_halfway","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:22:48.911576Z","ended_at":"2026-11-22T11:22:48.975117Z","horizon":"2024-03-03T00:00:00Z","source":"","splits":3,"counts":{"read":18,"consumed":15,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":3,"rejected":0,"discarded":0,"emitted":15,"loaded":15,"superseded":0,"refused":0,"series":3,"days":6,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 lua","rows_in":15,"rows_out":15,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":8508},{"stage":"reading","micros":188,"rows":18,"rows_per_second":95744,"bytes":918},{"stage":"sorting","micros":4},{"stage":"processing","micros":55956,"rows":15,"rows_per_second":268},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":14262272,"memory_mean_bytes":13855744,"budget_peak_bytes":2623203,"cpu_micros":11066,"wall_micros":64708,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":7,"rejects":0,"loaded_ever":15,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('lines_halfway',1,'complete',1795346569028668,1795346569093751,'{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"459:1709900000000000000","mark":"459:1709900000000000000 459 9bf5fd12e89eacd0db8506e8c29ea5ba","reason":0,"begin":0,"end":459,"known":0},{"name":"in/b.ndjson","identity":"306:1709900000000000000","mark":"306:1709900000000000000 306 7654835a27278db389b82f94447532b7","reason":0,"begin":0,"end":306,"known":0},{"name":"in/c.ndjson","identity":"153:1709900000000000000","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c","reason":0,"begin":0,"end":153,"known":0}],"marks":[]}','{"pipeline":"lines_halfway","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:22:49.028668Z","ended_at":"2026-11-22T11:22:49.093751Z","source":"","splits":3,"counts":{"read":18,"consumed":18,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":18,"loaded":18,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":30293},{"stage":"reading","micros":43748,"rows":18,"rows_per_second":411,"bytes":918},{"stage":"sorting","micros":0},{"stage":"processing","micros":0,"rows":18,"rows_per_second":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":13254656,"memory_mean_bytes":13080576,"budget_peak_bytes":524585,"cpu_micros":7870,"wall_micros":66201,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":3,"rejects":0,"loaded_ever":18,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('events_halfway',1,'complete',1795346569192547,1795346569268869,'{"version":1,"horizon_micros":1709424000000000,"by_marks":0,"replaces":0,"cursor_low":-9223372036854775808,"cursor_high":1709467201192000,"cursor_known":-9223372036854775808,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}','{"pipeline":"events_halfway","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:22:49.192547Z","ended_at":"2026-11-22T11:22:49.268869Z","horizon":"2024-03-03T00:00:00Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":12,"consumed":6,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":3,"rejected":3,"discarded":0,"emitted":6,"loaded":6,"superseded":0,"refused":0,"series":3,"days":6,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 lua","rows_in":6,"rows_out":6,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":56916},{"stage":"reading","micros":12791,"rows":12,"rows_per_second":938,"bytes":2454},{"stage":"sorting","micros":6},{"stage":"processing","micros":15094,"rows":6,"rows_per_second":397},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":16633856,"memory_mean_bytes":16144384,"budget_peak_bytes":2164151,"cpu_micros":12171,"wall_micros":85110,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":5,"rejects":3,"loaded_ever":6,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('docs_halfway',1,'complete',1795346569312510,1795346569449827,'{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"cursor_low":-9223372036854775808,"cursor_high":1709467201312000,"cursor_known":-9223372036854775808,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}','{"pipeline":"docs_halfway","run":1,"status":"complete","resumed":false,"started_at":"2026-11-22T11:22:49.312510Z","ended_at":"2026-11-22T11:22:49.449827Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":12,"consumed":9,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":3,"discarded":0,"emitted":9,"loaded":9,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":31951},{"stage":"reading","micros":107574,"rows":12,"rows_per_second":111,"bytes":2454},{"stage":"sorting","micros":0},{"stage":"processing","micros":0,"rows":9,"rows_per_second":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":16064512,"memory_mean_bytes":15314124,"budget_peak_bytes":65655,"cpu_micros":10074,"wall_micros":139594,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":3,"rejects":3,"loaded_ever":9,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('kept_ended',2,'complete',1795346569518269,1795346569620892,'{"version":1,"horizon_micros":1709683200000000,"by_marks":1,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"612:1709900000000000001","mark":"612:1709900000000000001 612 8ea0c20219eacad22e6f506c85355607","reason":1,"begin":0,"end":612,"known":459},{"name":"in/b.ndjson","identity":"765:1709900000000000001","mark":"765:1709900000000000001 765 094a0af697fa2c0ea628ebe5e8fff115 306","reason":1,"begin":306,"end":765,"known":306},{"name":"in/d.ndjson","identity":"306:1709900000000000001","mark":"306:1709900000000000001 306 208a715ab29f93bfdc4ff04fbf84f1d0","reason":0,"begin":0,"end":306,"known":0}],"marks":[{"name":"in/c.moved.ndjson","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c"}]}','{"pipeline":"kept_ended","run":2,"status":"complete","resumed":false,"started_at":"2026-11-22T11:22:49.518269Z","ended_at":"2026-11-22T11:22:49.620892Z","horizon":"2024-03-06T00:00:00Z","source":"","splits":3,"counts":{"read":27,"consumed":12,"rebuilt":0,"seen":6,"late":3,"unmatched":0,"left":6,"rejected":0,"discarded":0,"emitted":12,"loaded":12,"superseded":0,"refused":0,"series":3,"days":9,"gone_or_changed_series":0,"late_or_changed_series":3,"failed_series":0},"steps":[{"step":"1 lua","rows_in":12,"rows_out":12,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":12660},{"stage":"reading","micros":216,"rows":27,"rows_per_second":125000,"bytes":1378},{"stage":"sorting","micros":3},{"stage":"processing","micros":90889,"rows":12,"rows_per_second":132},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":14274560,"memory_mean_bytes":14059520,"budget_peak_bytes":2623814,"cpu_micros":11645,"wall_micros":112246,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":7,"rejects":0,"loaded_ever":27,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('lines_ended',2,'complete',1795346569683713,1795346569697077,'{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"612:1709900000000000001","mark":"612:1709900000000000001 612 8ea0c20219eacad22e6f506c85355607 459","reason":1,"begin":459,"end":612,"known":459},{"name":"in/b.ndjson","identity":"765:1709900000000000001","mark":"765:1709900000000000001 765 094a0af697fa2c0ea628ebe5e8fff115 306","reason":1,"begin":306,"end":765,"known":306},{"name":"in/d.ndjson","identity":"306:1709900000000000001","mark":"306:1709900000000000001 306 208a715ab29f93bfdc4ff04fbf84f1d0","reason":0,"begin":0,"end":306,"known":0}],"marks":[{"name":"in/c.moved.ndjson","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c"}]}','{"pipeline":"lines_ended","run":2,"status":"complete","resumed":false,"started_at":"2026-11-22T11:22:49.683713Z","ended_at":"2026-11-22T11:22:49.697077Z","source":"","splits":3,"counts":{"read":18,"consumed":18,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":18,"loaded":18,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":7197},{"stage":"reading","micros":7200,"rows":18,"rows_per_second":2500,"bytes":920},{"stage":"sorting","micros":0},{"stage":"processing","micros":0,"rows":18,"rows_per_second":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":13389824,"memory_mean_bytes":13154986,"budget_peak_bytes":524585,"cpu_micros":6497,"wall_micros":14512,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":3,"rejects":0,"loaded_ever":36,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('events_ended',2,'complete',1795346569795288,1795346569862257,'{"version":1,"horizon_micros":1709683200000000,"by_marks":1,"replaces":0,"cursor_low":1709427600000000,"cursor_high":1709726400795000,"cursor_known":1709467200635000,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}','{"pipeline":"events_ended","run":2,"status":"complete","resumed":false,"started_at":"2026-11-22T11:22:49.795288Z","ended_at":"2026-11-22T11:22:49.862257Z","horizon":"2024-03-06T00:00:00Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":21,"consumed":9,"rebuilt":0,"seen":0,"late":6,"unmatched":0,"left":3,"rejected":3,"discarded":0,"emitted":9,"loaded":9,"superseded":0,"refused":0,"series":3,"days":9,"gone_or_changed_series":0,"late_or_changed_series":3,"failed_series":0},"steps":[{"step":"1 lua","rows_in":9,"rows_out":9,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":50340},{"stage":"reading","micros":18115,"rows":21,"rows_per_second":1159,"bytes":3834},{"stage":"sorting","micros":14},{"stage":"processing","micros":16843,"rows":9,"rows_per_second":534},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":16740352,"memory_mean_bytes":16295936,"budget_peak_bytes":2164904,"cpu_micros":12840,"wall_micros":70102,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":7,"rejects":3,"loaded_ever":15,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('docs_ended',2,'complete',1795346569890864,1795346569922951,'{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"cursor_low":1709467200762000,"cursor_high":1709726400890000,"cursor_known":1709467200762000,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}','{"pipeline":"docs_ended","run":2,"status":"complete","resumed":false,"started_at":"2026-11-22T11:22:49.890864Z","ended_at":"2026-11-22T11:22:49.922951Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":18,"consumed":15,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":3,"discarded":0,"emitted":15,"loaded":15,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":21750},{"stage":"reading","micros":12321,"rows":18,"rows_per_second":1460,"bytes":3392},{"stage":"sorting","micros":0},{"stage":"processing","micros":0,"rows":15,"rows_per_second":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":16146432,"memory_mean_bytes":15134720,"budget_peak_bytes":65744,"cpu_micros":8210,"wall_micros":34137,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":3,"rejects":3,"loaded_ever":24,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('kept_halfway',2,'started',1795346569954818,0,'{"version":1,"horizon_micros":1709683200000000,"by_marks":1,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"612:1709900000000000001","mark":"612:1709900000000000001 612 8ea0c20219eacad22e6f506c85355607","reason":1,"begin":0,"end":612,"known":459},{"name":"in/b.ndjson","identity":"765:1709900000000000001","mark":"765:1709900000000000001 765 094a0af697fa2c0ea628ebe5e8fff115 306","reason":1,"begin":306,"end":765,"known":306},{"name":"in/d.ndjson","identity":"306:1709900000000000001","mark":"306:1709900000000000001 306 208a715ab29f93bfdc4ff04fbf84f1d0","reason":0,"begin":0,"end":306,"known":0}],"marks":[{"name":"in/c.moved.ndjson","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c"}]}','{"pipeline":"kept_halfway","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T11:22:49.954818Z","horizon":"2024-03-06T00:00:00Z","source":"","splits":3,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 lua","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":13705216,"memory_mean_bytes":13705216,"budget_peak_bytes":0,"cpu_micros":1744,"wall_micros":1736,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":15,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('lines_halfway',2,'started',1795346569991175,0,'{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"members":[{"name":"in/a.ndjson","identity":"612:1709900000000000001","mark":"612:1709900000000000001 612 8ea0c20219eacad22e6f506c85355607 459","reason":1,"begin":459,"end":612,"known":459},{"name":"in/b.ndjson","identity":"765:1709900000000000001","mark":"765:1709900000000000001 765 094a0af697fa2c0ea628ebe5e8fff115 306","reason":1,"begin":306,"end":765,"known":306},{"name":"in/d.ndjson","identity":"306:1709900000000000001","mark":"306:1709900000000000001 306 208a715ab29f93bfdc4ff04fbf84f1d0","reason":0,"begin":0,"end":306,"known":0}],"marks":[{"name":"in/c.moved.ndjson","mark":"153:1709900000000000000 153 16785b20f4978decf4eb9ee1f3e77d6c"}]}','{"pipeline":"lines_halfway","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T11:22:49.991175Z","source":"","splits":3,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":13086720,"memory_mean_bytes":13086720,"budget_peak_bytes":0,"cpu_micros":1483,"wall_micros":1527,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":18,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('events_halfway',2,'started',1795346570120043,0,'{"version":1,"horizon_micros":1709683200000000,"by_marks":1,"replaces":0,"cursor_low":1709427600000000,"cursor_high":1709726401120000,"cursor_known":1709467201192000,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}','{"pipeline":"events_halfway","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T11:22:50.120043Z","horizon":"2024-03-06T00:00:00Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[{"step":"1 lua","rows_in":0,"rows_out":0,"filtered":0,"deduplicated":0,"rejected":0}],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":16265216,"memory_mean_bytes":14270464,"budget_peak_bytes":65536,"cpu_micros":3888,"wall_micros":30973,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":6,"notes":"","error":null}');
INSERT INTO "tidemill_runs" VALUES('docs_halfway',2,'started',1795346570369161,0,'{"version":1,"horizon_micros":9223372036854775807,"by_marks":0,"replaces":0,"cursor_low":1709467201312000,"cursor_high":1709726401369000,"cursor_known":1709467201312000,"cursor_field":"at","members":[{"name":"uses","identity":"Yq0vXbZuT2e-nB1wO6cQeA"}],"marks":[]}','{"pipeline":"docs_halfway","run":2,"status":"started","resumed":false,"started_at":"2026-11-22T11:22:50.369161Z","source":"Elasticsearch 8.11.0","splits":3,"counts":{"read":0,"consumed":0,"rebuilt":0,"seen":0,"late":0,"unmatched":0,"left":0,"rejected":0,"discarded":0,"emitted":0,"loaded":0,"superseded":0,"refused":0,"series":0,"days":0,"gone_or_changed_series":0,"late_or_changed_series":0,"failed_series":0},"steps":[],"stages":[{"stage":"planning","micros":0},{"stage":"reading","micros":0},{"stage":"sorting","micros":0},{"stage":"processing","micros":0},{"stage":"finishing","micros":0}],"workers":1,"memory_limit_bytes":6319128576,"memory_peak_bytes":15597568,"memory_mean_bytes":15378432,"budget_peak_bytes":65536,"cpu_micros":3696,"wall_micros":19483,"spilled_bytes":0,"held_back_rows":0,"held_back_bytes":0,"attempts_failed":0,"units":0,"rejects":0,"loaded_ever":9,"notes":"","error":null}');
CREATE TABLE "tidemill_state_events_ended" ("_hash" INTEGER NOT NULL, "k" TEXT NOT NULL, "_last_day" TEXT NOT NULL, "_previous_day" TEXT, "_run" INTEGER NOT NULL, "_rows" INTEGER NOT NULL, "_digest" TEXT NOT NULL, "s1_n" INTEGER, PRIMARY KEY ("_hash", "k")) STRICT, WITHOUT ROWID;
INSERT INTO "tidemill_state_events_ended" VALUES(-6317734097061643999,'a','2024-03-05','2024-03-02',2,7,'1b4684f0-8699-0cc8-97d2-3d634dcf3820',5);
INSERT INTO "tidemill_state_events_ended" VALUES(-4905069961362774746,'c','2024-03-05','2024-03-02',2,7,'7c6d9812-e354-2921-ea29-c2d8facc4cf5',5);
INSERT INTO "tidemill_state_events_ended" VALUES(322616406568882192,'b','2024-03-05','2024-03-02',2,7,'3d3df9d5-2bbd-cf4b-52d5-99d17dad9a4d',5);
CREATE TABLE "tidemill_state_events_halfway" ("_hash" INTEGER NOT NULL, "k" TEXT NOT NULL, "_last_day" TEXT NOT NULL, "_previous_day" TEXT, "_run" INTEGER NOT NULL, "_rows" INTEGER NOT NULL, "_digest" TEXT NOT NULL, "s1_n" INTEGER, PRIMARY KEY ("_hash", "k")) STRICT, WITHOUT ROWID;
INSERT INTO "tidemill_state_events_halfway" VALUES(-6317734097061643999,'a','2024-03-05','2024-03-02',2,7,'1b4684f0-8699-0cc8-97d2-3d634dcf3820',5);
INSERT INTO "tidemill_state_events_halfway" VALUES(-4905069961362774746,'c','2024-03-05','2024-03-02',2,7,'7c6d9812-e354-2921-ea29-c2d8facc4cf5',5);
INSERT INTO "tidemill_state_events_halfway" VALUES(322616406568882192,'b','2024-03-05','2024-03-02',2,7,'3d3df9d5-2bbd-cf4b-52d5-99d17dad9a4d',5);
CREATE TABLE "tidemill_state_kept_ended" ("_hash" INTEGER NOT NULL, "k" TEXT NOT NULL, "_last_day" TEXT NOT NULL, "_previous_day" TEXT, "_run" INTEGER NOT NULL, "_rows" INTEGER NOT NULL, "_digest" TEXT NOT NULL, "s1_n" INTEGER, PRIMARY KEY ("_hash", "k")) STRICT, WITHOUT ROWID;
INSERT INTO "tidemill_state_kept_ended" VALUES(-6317734097061643999,'a','2024-03-05','2024-03-02',2,10,'311f3ee7-923c-59a8-e251-a4afb7aac4ca',9);
INSERT INTO "tidemill_state_kept_ended" VALUES(-4905069961362774746,'c','2024-03-05','2024-03-02',2,10,'9cf47770-9044-1df8-c87a-89e7bbfbbb07',9);
INSERT INTO "tidemill_state_kept_ended" VALUES(322616406568882192,'b','2024-03-05','2024-03-02',2,10,'90ba4885-994d-2b0b-8958-c6782bc50336',9);
CREATE TABLE "tidemill_state_kept_halfway" ("_hash" INTEGER NOT NULL, "k" TEXT NOT NULL, "_last_day" TEXT NOT NULL, "_previous_day" TEXT, "_run" INTEGER NOT NULL, "_rows" INTEGER NOT NULL, "_digest" TEXT NOT NULL, "s1_n" INTEGER, PRIMARY KEY ("_hash", "k")) STRICT, WITHOUT ROWID;
INSERT INTO "tidemill_state_kept_halfway" VALUES(-6317734097061643999,'a','2024-03-05','2024-03-02',2,10,'311f3ee7-923c-59a8-e251-a4afb7aac4ca',9);
INSERT INTO "tidemill_state_kept_halfway" VALUES(-4905069961362774746,'c','2024-03-05','2024-03-02',2,10,'9cf47770-9044-1df8-c87a-89e7bbfbbb07',9);
INSERT INTO "tidemill_state_kept_halfway" VALUES(322616406568882192,'b','2024-03-02',NULL,1,5,'41547df5-e07c-21a7-f06c-819ed82f99ea',5);
CREATE TABLE tidemill_units(pipeline TEXT NOT NULL, run INTEGER NOT NULL, unit TEXT NOT NULL, emitted INTEGER NOT NULL, rejected INTEGER NOT NULL, loaded INTEGER NOT NULL, superseded INTEGER NOT NULL, refused INTEGER NOT NULL, PRIMARY KEY (pipeline, run, unit)) STRICT, WITHOUT ROWID;
INSERT INTO "tidemill_units" VALUES('docs_halfway',2,'uses#Yq0vXbZuT2e-nB1wO6cQeA#0-3#2',5,1,5,0,0);
INSERT INTO "tidemill_units" VALUES('docs_halfway',2,'uses#Yq0vXbZuT2e-nB1wO6cQeA#1-3#2',5,1,5,0,0);
INSERT INTO "tidemill_units" VALUES('events_halfway',2,'660dbb28f7099-5a6a/p0/1',3,0,3,0,0);
INSERT INTO "tidemill_units" VALUES('events_halfway',2,'660dbb28f7099-5a6a/p0/2',3,0,3,0,0);
INSERT INTO "tidemill_units" VALUES('events_halfway',2,'660dbb28f7099-5a6a/p2/1',3,0,3,0,0);
INSERT INTO "tidemill_units" VALUES('kept_halfway',2,'660dbb28cee6b-5a54/p0/1',3,0,3,0,0);
INSERT INTO "tidemill_units" VALUES('kept_halfway',2,'660dbb28cee6b-5a54/p0/2',4,0,4,0,0);
INSERT INTO "tidemill_units" VALUES('kept_halfway',2,'660dbb28cee6b-5a54/p0/3',1,0,1,0,0);
INSERT INTO "tidemill_units" VALUES('lines_halfway',2,'in/b.ndjson#765:1709900000000000001#306-765#2',9,0,9,0,0);
INSERT INTO "tidemill_units" VALUES('lines_halfway',2,'in/d.ndjson#306:1709900000000000001#0-306#2',6,0,6,0,0);
CREATE INDEX "tidemill_identity_48517b68cbf4f420" ON "kept_ended" (1) WHERE 0;
CREATE INDEX "tidemill_identity_2a62a3f9c2641029" ON "lines_ended" (1) WHERE 0;
CREATE INDEX "tidemill_identity_f3dd97c5ec7c08dd" ON "events_ended" (1) WHERE 0;
CREATE INDEX "tidemill_identity_038db52dfb962160" ON "docs_ended" (1) WHERE 0;
CREATE INDEX "tidemill_identity_87f655db88048322" ON "kept_halfway" (1) WHERE 0;
CREATE INDEX "tidemill_identity_0543bb3898a2f850" ON "lines_halfway" (1) WHERE 0;
CREATE INDEX "tidemill_identity_d025697206743832" ON "events_halfway" (1) WHERE 0;
CREATE INDEX "tidemill_identity_5f93bac39d2bd39d" ON "docs_halfway" (1) WHERE 0;
COMMIT;
