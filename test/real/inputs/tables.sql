-- Joins, indexes, text search in rows, window functions, triggers, savepoints and a vacuum over 200,000 rows.
create table author (id integer primary key, name text not null, born int);
create table book (id integer primary key, author int references author, title text, price real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
  insert into author select i, 'author ' || (i * 7919 % 5003), 1900 + i % 100 from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 200000)
  insert into book
  select i, i * 31 % 5000 + 1, printf('title %06d %s', i * 13 % 200003, substr('abcdefghij', 1, i % 10)), (i % 997) / 7.0 from n;
create index by_author on book(author, price);
create index by_title on book(title);
select count(*), round(sum(price), 3), max(length(title)) from book;
select a.name, count(*), round(avg(b.price), 3) from author a join book b on b.author = a.id
  where a.born between 1910 and 1950 group by a.name order by 3 desc, 1 limit 5;
select title from book where title like 'title 0012%j%' order by title limit 5;
select id, price, rank() over (partition by author order by price, id) from book
  where author in (7, 77, 777) order by author, 3 limit 8;
select group_concat(name, ';') from (select distinct name from author order by name limit 200);
create table log (what text);
create trigger note after update on book begin insert into log values (old.title || '>' || new.title); end;
begin; update book set title = upper(title) where id % 50 = 0;
savepoint s; delete from book where id % 3 = 0; rollback to s; commit;
select count(*), min(what) from log;
select count(*) from book b left join log l on l.what like '%' || b.title where b.id between 100 and 200;
select json_group_array(json_object('id', id, 'title', title)) from book where id < 20;
drop index by_title; vacuum; pragma integrity_check;
.mode csv
select * from book order by price desc, id limit 3;
