# Draws the plot again: gnuplot -d THIS_FILE
width = 960
height = 366
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set logscale x
set xrange [1:332.039]
set xtics ('50' 2, '90' 10, '99' 100, '99.9' 1e3, '99.99' 1e4, '99.999' 1e5)
set xlabel 'quantile (%)'
set ylabel 'ns'
set grid x y lc rgb '#d0d0d0' lw 0.5
set key outside right center reverse Left samplen 1.5
set yrange [28.3333:1.36847e+06]
set logscale y
set ytics ('100' 100, '1000' 1000, '10000' 10000, '100000' 100000, '1000000' 1000000)
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'echo-35-lateness_ns.'.kind
set multiplot layout 1,1 title sprintf('%c%c', 10, 10)
set label 1 'echo: lateness_ns by quantile' at screen 0.012,screen 0.96175 left
set label 2 'connections=50;rate_per_s=20000; the rest as in REPORT.md' at screen 0.012,screen 0.91530 left
set label 3 'Intel(R) Xeon(R) Processor; noise 1.3 % (usable); the same row against itself (A/A): within ±1.1 %' at screen 0.012,screen 0.86885 left
set title 'open'
plot 'echo-35-lateness_ns.dat' index 0 using 1:2 with linespoints pointtype 5 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#000000' title 'threads', 'echo-35-lateness_ns.dat' index 1 using 1:2 with linespoints pointtype 7 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#0072B2' title 'epoll', 'echo-35-lateness_ns.dat' index 2 using 1:2 with linespoints pointtype 9 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#E69F00' title 'libuv', 'echo-35-lateness_ns.dat' index 3 using 1:2 with linespoints pointtype 11 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#009E73' title 'libev', 'echo-35-lateness_ns.dat' index 4 using 1:2 with linespoints pointtype 13 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#CC79A7' title 'libevent', 'echo-35-lateness_ns.dat' index 5 using 1:2 with linespoints pointtype 12 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#AA4499' title 'libevent-bufferevent', 'echo-35-lateness_ns.dat' index 6 using 1:2 with linespoints pointtype 15 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#D55E00' title 'liburing', 'echo-35-lateness_ns.dat' index 7 using 1:2 with linespoints pointtype 14 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#F0A070' title 'liburing-poll', 'echo-35-lateness_ns.dat' index 8 using 1:2 with linespoints pointtype 4 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#56B4E9' title 'tokio-1', 'echo-35-lateness_ns.dat' index 9 using 1:2 with linespoints pointtype 6 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#882255' title 'tokio-mt'
unset label
unset multiplot
}
unset output
