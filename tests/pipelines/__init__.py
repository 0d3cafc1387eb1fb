# SPDX-License-Identifier: Apache-2.0
"""What tests of whole pipelines share: running the binary, and reading what it left behind.

`engine` writes a project and runs it, `tables` reads output, rejects, late rows and state back as
Python values, `files` writes rows in the formats that sources read.
"""
