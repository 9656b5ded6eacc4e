// Runs statements in a DuckDB of its own; prints the rows of the last one, a line each, with tabs between the cells.
// Usage: sql.js STATEMENT...
'use strict';
const { DuckDBInstance } = require('@duckdb/node-api');

const text = cell => Array.isArray(cell) ? cell.join(' < ') : String(cell);

(async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  let said;
  for (const statement of process.argv.slice(2))
    said = await connection.runAndReadAll(statement);
  for (const row of said.getRowsJson())
    console.log(row.map(text).join('\t'));
})();
