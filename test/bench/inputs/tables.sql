-- Rows inserted, indexed, joined and deleted, all in memory.
CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT, city TEXT, score REAL);
CREATE INDEX by_city ON people(city, score);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
  INSERT INTO people SELECT i, 'name ' || i, 'city ' || (i * 7919 % 1000), i % 977 / 3.0 FROM n;
SELECT city, count(*), sum(score), group_concat(name) FROM people GROUP BY city ORDER BY 3 LIMIT 5;
SELECT count(*) FROM people a JOIN people b ON a.id = b.id * 2 AND a.city < b.city;
UPDATE people SET name = upper(name) || city WHERE id % 3 = 0;
DELETE FROM people WHERE id % 5 = 0;
SELECT name, score FROM people ORDER BY score DESC, name LIMIT 10;
