# Draws the plot again: gnuplot -d THIS_FILE
width = 960
height = 666
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set logscale x
set xrange [1:2.63748]
set xtics ('50' 2, '90' 10, '99' 100, '99.9' 1e3, '99.99' 1e4, '99.999' 1e5)
set xlabel 'quantile (%)'
set ylabel 'ns'
set grid x y lc rgb '#d0d0d0' lw 0.5
set key outside right center reverse Left samplen 1.5
set yrange [50479.2:4.04898e+07]
set logscale y
set ytics ('100000' 100000, '200000' 200000, '500000' 500000, '1000000' 1000000, '2000000' 2000000, '5000000' 5000000, '10000000' 10000000, '20000000' 20000000)
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'buffered-25-late_ns.'.kind
set multiplot layout 2,2 title sprintf('%c%c', 10, 10)
set label 1 'buffered: late_ns by quantile' at screen 0.012,screen 0.97898 left
set label 2 'body_ms=40;in_flight=5;op_ms=10;permits=2;semaphore_in_flight=4;timeout_ms=30' at screen 0.012,screen 0.95345 left
set label 3 'Intel(R) Xeon(R) Processor; noise 1.1 % (usable)' at screen 0.012,screen 0.92793 left
set title 'spawned'
plot 'buffered-25-late_ns.dat' index 0 using 1:2 with linespoints pointtype 5 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#000000' title 'threads', 'buffered-25-late_ns.dat' index 1 using 1:2 with linespoints pointtype 7 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#0072B2' title 'epoll', 'buffered-25-late_ns.dat' index 2 using 1:2 with linespoints pointtype 9 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#E69F00' title 'libuv', 'buffered-25-late_ns.dat' index 3 using 1:2 with linespoints pointtype 11 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#009E73' title 'libev', 'buffered-25-late_ns.dat' index 4 using 1:2 with linespoints pointtype 13 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#CC79A7' title 'libevent', 'buffered-25-late_ns.dat' index 5 using 1:2 with linespoints pointtype 15 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#D55E00' title 'liburing', 'buffered-25-late_ns.dat' index 6 using 1:2 with linespoints pointtype 4 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#56B4E9' title 'tokio-1', 'buffered-25-late_ns.dat' index 7 using 1:2 with linespoints pointtype 6 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#882255' title 'tokio-mt', 'buffered-25-late_ns.dat' index 8 using 1:2 with linespoints pointtype 8 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#332288' title 'tokio-mt-shipped'
unset label
set title 'buffered'
plot 'buffered-25-late_ns.dat' index 9 using 1:2 with linespoints pointtype 7 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#0072B2' title 'epoll', 'buffered-25-late_ns.dat' index 10 using 1:2 with linespoints pointtype 9 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#E69F00' title 'libuv', 'buffered-25-late_ns.dat' index 11 using 1:2 with linespoints pointtype 11 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#009E73' title 'libev', 'buffered-25-late_ns.dat' index 12 using 1:2 with linespoints pointtype 13 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#CC79A7' title 'libevent', 'buffered-25-late_ns.dat' index 13 using 1:2 with linespoints pointtype 15 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#D55E00' title 'liburing', 'buffered-25-late_ns.dat' index 14 using 1:2 with linespoints pointtype 4 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#56B4E9' title 'tokio-1', 'buffered-25-late_ns.dat' index 15 using 1:2 with linespoints pointtype 6 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#882255' title 'tokio-mt', 'buffered-25-late_ns.dat' index 16 using 1:2 with linespoints pointtype 8 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#332288' title 'tokio-mt-shipped'
set title 'drained'
plot 'buffered-25-late_ns.dat' index 17 using 1:2 with linespoints pointtype 7 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#0072B2' title 'epoll', 'buffered-25-late_ns.dat' index 18 using 1:2 with linespoints pointtype 9 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#E69F00' title 'libuv', 'buffered-25-late_ns.dat' index 19 using 1:2 with linespoints pointtype 11 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#009E73' title 'libev', 'buffered-25-late_ns.dat' index 20 using 1:2 with linespoints pointtype 13 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#CC79A7' title 'libevent', 'buffered-25-late_ns.dat' index 21 using 1:2 with linespoints pointtype 15 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#D55E00' title 'liburing', 'buffered-25-late_ns.dat' index 22 using 1:2 with linespoints pointtype 4 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#56B4E9' title 'tokio-1', 'buffered-25-late_ns.dat' index 23 using 1:2 with linespoints pointtype 6 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#882255' title 'tokio-mt', 'buffered-25-late_ns.dat' index 24 using 1:2 with linespoints pointtype 8 pointsize 0.9 pointinterval 5 linewidth 1.4 linecolor rgb '#332288' title 'tokio-mt-shipped'
unset multiplot
}
unset output
