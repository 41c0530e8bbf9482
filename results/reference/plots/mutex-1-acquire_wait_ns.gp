# Draws the plot again: gnuplot -d THIS_FILE
width = 960
height = 1266
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set logscale x
set xrange [1:83404.5]
set xtics ('50' 2, '90' 10, '99' 100, '99.9' 1e3, '99.99' 1e4, '99.999' 1e5)
set xlabel 'quantile (%)'
set ylabel 'ns'
set grid x y lc rgb '#d0d0d0' lw 0.5
set key outside right center reverse Left samplen 1.5
set logscale y
set yrange [11.6667:34256.3]
set ytics ('20' 20, '50' 50, '100' 100, '200' 200, '500' 500, '1000' 1000, '2000' 2000, '5000' 5000, '10000' 10000, '20000' 20000)
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'mutex-1-acquire_wait_ns.'.kind
set multiplot layout 4,2 title sprintf('%c%c', 10, 10)
set label 1 'mutex: acquire_wait_ns by quantile' at screen 0.012,screen 0.98894 left
set label 2 'burst=64;hold_ns=0;tasks=1;workers=1' at screen 0.012,screen 0.97551 left
set label 3 'Intel(R) Xeon(R) Processor; noise 2.0 % (usable); the same row against itself (A/A): within ±15 %' at screen 0.012,screen 0.96209 left
set title 'sync'
plot 'mutex-1-acquire_wait_ns.dat' index 0 using 1:2 with linespoints pointtype 1 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#999999' title 'null', 'mutex-1-acquire_wait_ns.dat' index 1 using 1:2 with linespoints pointtype 5 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#000000' title 'threads', 'mutex-1-acquire_wait_ns.dat' index 2 using 1:2 with linespoints pointtype 7 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#0072B2' title 'epoll', 'mutex-1-acquire_wait_ns.dat' index 3 using 1:2 with linespoints pointtype 9 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#E69F00' title 'libuv', 'mutex-1-acquire_wait_ns.dat' index 4 using 1:2 with linespoints pointtype 11 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#009E73' title 'libev', 'mutex-1-acquire_wait_ns.dat' index 5 using 1:2 with linespoints pointtype 13 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#CC79A7' title 'libevent', 'mutex-1-acquire_wait_ns.dat' index 6 using 1:2 with linespoints pointtype 15 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#D55E00' title 'liburing'
unset label
set title 'async'
plot 'mutex-1-acquire_wait_ns.dat' index 7 using 1:2 with linespoints pointtype 1 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#999999' title 'null', 'mutex-1-acquire_wait_ns.dat' index 8 using 1:2 with linespoints pointtype 5 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#000000' title 'threads', 'mutex-1-acquire_wait_ns.dat' index 9 using 1:2 with linespoints pointtype 7 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#0072B2' title 'epoll', 'mutex-1-acquire_wait_ns.dat' index 10 using 1:2 with linespoints pointtype 9 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#E69F00' title 'libuv', 'mutex-1-acquire_wait_ns.dat' index 11 using 1:2 with linespoints pointtype 11 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#009E73' title 'libev', 'mutex-1-acquire_wait_ns.dat' index 12 using 1:2 with linespoints pointtype 13 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#CC79A7' title 'libevent', 'mutex-1-acquire_wait_ns.dat' index 13 using 1:2 with linespoints pointtype 15 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#D55E00' title 'liburing'
set title 'async-barging'
plot 'mutex-1-acquire_wait_ns.dat' index 14 using 1:2 with linespoints pointtype 1 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#999999' title 'null', 'mutex-1-acquire_wait_ns.dat' index 15 using 1:2 with linespoints pointtype 5 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#000000' title 'threads', 'mutex-1-acquire_wait_ns.dat' index 16 using 1:2 with linespoints pointtype 7 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#0072B2' title 'epoll', 'mutex-1-acquire_wait_ns.dat' index 17 using 1:2 with linespoints pointtype 9 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#E69F00' title 'libuv', 'mutex-1-acquire_wait_ns.dat' index 18 using 1:2 with linespoints pointtype 11 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#009E73' title 'libev', 'mutex-1-acquire_wait_ns.dat' index 19 using 1:2 with linespoints pointtype 13 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#CC79A7' title 'libevent', 'mutex-1-acquire_wait_ns.dat' index 20 using 1:2 with linespoints pointtype 15 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#D55E00' title 'liburing'
set title 'bare'
plot 'mutex-1-acquire_wait_ns.dat' index 21 using 1:2 with linespoints pointtype 1 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#999999' title 'null', 'mutex-1-acquire_wait_ns.dat' index 22 using 1:2 with linespoints pointtype 5 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#000000' title 'threads', 'mutex-1-acquire_wait_ns.dat' index 23 using 1:2 with linespoints pointtype 7 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#0072B2' title 'epoll', 'mutex-1-acquire_wait_ns.dat' index 24 using 1:2 with linespoints pointtype 9 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#E69F00' title 'libuv', 'mutex-1-acquire_wait_ns.dat' index 25 using 1:2 with linespoints pointtype 11 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#009E73' title 'libev', 'mutex-1-acquire_wait_ns.dat' index 26 using 1:2 with linespoints pointtype 13 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#CC79A7' title 'libevent', 'mutex-1-acquire_wait_ns.dat' index 27 using 1:2 with linespoints pointtype 15 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#D55E00' title 'liburing'
set title 'none'
plot 'mutex-1-acquire_wait_ns.dat' index 28 using 1:2 with linespoints pointtype 1 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#999999' title 'null', 'mutex-1-acquire_wait_ns.dat' index 29 using 1:2 with linespoints pointtype 5 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#000000' title 'threads', 'mutex-1-acquire_wait_ns.dat' index 30 using 1:2 with linespoints pointtype 7 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#0072B2' title 'epoll', 'mutex-1-acquire_wait_ns.dat' index 31 using 1:2 with linespoints pointtype 9 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#E69F00' title 'libuv', 'mutex-1-acquire_wait_ns.dat' index 32 using 1:2 with linespoints pointtype 11 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#009E73' title 'libev', 'mutex-1-acquire_wait_ns.dat' index 33 using 1:2 with linespoints pointtype 13 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#CC79A7' title 'libevent', 'mutex-1-acquire_wait_ns.dat' index 34 using 1:2 with linespoints pointtype 15 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#D55E00' title 'liburing'
set title 'async-with-send'
plot 'mutex-1-acquire_wait_ns.dat' index 35 using 1:2 with linespoints pointtype 5 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#000000' title 'threads', 'mutex-1-acquire_wait_ns.dat' index 36 using 1:2 with linespoints pointtype 7 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#0072B2' title 'epoll', 'mutex-1-acquire_wait_ns.dat' index 37 using 1:2 with linespoints pointtype 9 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#E69F00' title 'libuv', 'mutex-1-acquire_wait_ns.dat' index 38 using 1:2 with linespoints pointtype 11 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#009E73' title 'libev', 'mutex-1-acquire_wait_ns.dat' index 39 using 1:2 with linespoints pointtype 13 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#CC79A7' title 'libevent', 'mutex-1-acquire_wait_ns.dat' index 40 using 1:2 with linespoints pointtype 15 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#D55E00' title 'liburing'
set title 'sync-with-try-send'
plot 'mutex-1-acquire_wait_ns.dat' index 41 using 1:2 with linespoints pointtype 5 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#000000' title 'threads', 'mutex-1-acquire_wait_ns.dat' index 42 using 1:2 with linespoints pointtype 7 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#0072B2' title 'epoll', 'mutex-1-acquire_wait_ns.dat' index 43 using 1:2 with linespoints pointtype 9 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#E69F00' title 'libuv', 'mutex-1-acquire_wait_ns.dat' index 44 using 1:2 with linespoints pointtype 11 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#009E73' title 'libev', 'mutex-1-acquire_wait_ns.dat' index 45 using 1:2 with linespoints pointtype 13 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#CC79A7' title 'libevent', 'mutex-1-acquire_wait_ns.dat' index 46 using 1:2 with linespoints pointtype 15 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#D55E00' title 'liburing'
unset multiplot
}
unset output
