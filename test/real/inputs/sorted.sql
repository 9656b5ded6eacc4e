create table t(a integer primary key, b text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000)
  insert into t select i, 'row number ' || i from n;
create index tb on t(b);
select count(*), max(b) from t;
