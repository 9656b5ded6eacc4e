# The bench's picture: for each workload a point an allocator, its time against the best peer's; left is
# faster.
#   gnuplot -e "output='x.svg'; panels='x-micro.dat x-real.dat'" picture.gp
count = words(panels)
array lines[count]
total = 0
do for [k = 1:count] {
  stats word(panels, k) using 0 skip 1 nooutput
  lines[k] = STATS_records
  total = total + lines[k]
}
row = 19.0
height = row * total + 60 * count
if (height < 160) { height = 160 }
set terminal svg size 860,height font 'sans-serif,12' background 'white'
set output output
set multiplot
set datafile missing '?'
set logscale x 2
set xrange [0.25:8]
set xtics ('1/4' 0.25, '1/2' 0.5, '1' 1, '2' 2, '4' 4, '8 and more' 8)
set grid x lc rgb '#dddddd' lt 1
set lmargin at screen 0.2
set rmargin at screen 0.82
set key at screen 0.99, screen 0.98 right top vertical maxcols 1 Left reverse samplen 1
set arrow 1 from 1, graph 0 to 1, graph 1 nohead lc rgb '#888888' lw 1.5
within(x) = x > 8 ? 8 : x
colours = '#d62728 #7f7f7f #1f77b4 #2ca02c #ff7f0e'
top = 1.0
do for [k = 1:count] {
  file = word(panels, k)
  bottom = top - (row * lines[k] + 60) / height
  set tmargin at screen top - 24.0 / height
  set bmargin at screen bottom + 30.0 / height
  set yrange [lines[k] - 0.5:-0.5]
  set title (strstrt(file, 'micro') ? 'Micro' : 'Real programs').': CPU time against the best of the four peers' offset 0,-0.6
  plot for [c = 6:2:-1] file using (within(column(c))):0:ytic(1) skip 1 with points \
    pt (c == 2 ? 7 : 6) ps (c == 2 ? 0.9 : 0.7) lw 1.5 lc rgb word(colours, c - 1) \
    title word('x arenashim glibc jemalloc mimalloc tcmalloc', c)
  unset key
  top = bottom
}
unset multiplot
