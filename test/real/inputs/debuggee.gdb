# The program has a file for its output: in a shared pipe, it lands in the middle of gdb's lines.
set print thread-events off
set pagination off
set width 0
set print address off
break total if list == 0
run >debuggee.out
backtrace
up 2
print *list
print *list->next
print (int)push(list, "by gdb", 36)->value
print list->name
ptype struct node
python print(len(gdb.selected_inferior().threads()), "threads")
python print(gdb.selected_frame().name(), sum(range(1000)), len([str(n) for n in range(10000)]))
delete
continue
print $_exitcode
info functions ^work$
