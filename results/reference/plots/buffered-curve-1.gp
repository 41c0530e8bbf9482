# Draws the plot again: gnuplot -d THIS_FILE
width = 960
height = 666
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set logscale x
set xrange [0.869565217:23]
set xtics ('1' 1, '5' 5, '20' 20)
set xlabel 'in_flight'
set ylabel '1'
set grid x y lc rgb '#d0d0d0' lw 0.5
set key outside right center reverse Left samplen 1.5
set yrange [0:20.52]
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'buffered-curve-1.'.kind
set multiplot layout 2,2 title sprintf('%c%c', 10, 10)
set label 1 'buffered: timed_out (1) against in_flight' at screen 0.012,screen 0.97898 left
set label 2 'body_ms=40;in_flight=5;op_ms=10;permits=2;semaphore_in_flight=4;timeout_ms=30' at screen 0.012,screen 0.95345 left
set label 3 'Intel(R) Xeon(R) Processor; noise 1.1 % (usable)' at screen 0.012,screen 0.92793 left
set title 'spawned'
plot 'buffered-curve-1.dat' index 0 using 1:2:3:4 with yerrorlines pointtype 5 pointsize 0.9 linewidth 1.3 linecolor rgb '#000000' title 'threads', 'buffered-curve-1.dat' index 1 using 1:2:3:4 with yerrorlines pointtype 7 pointsize 0.9 linewidth 1.3 linecolor rgb '#0072B2' title 'epoll', 'buffered-curve-1.dat' index 2 using 1:2:3:4 with yerrorlines pointtype 9 pointsize 0.9 linewidth 1.3 linecolor rgb '#E69F00' title 'libuv', 'buffered-curve-1.dat' index 3 using 1:2:3:4 with yerrorlines pointtype 11 pointsize 0.9 linewidth 1.3 linecolor rgb '#009E73' title 'libev', 'buffered-curve-1.dat' index 4 using 1:2:3:4 with yerrorlines pointtype 13 pointsize 0.9 linewidth 1.3 linecolor rgb '#CC79A7' title 'libevent', 'buffered-curve-1.dat' index 5 using 1:2:3:4 with yerrorlines pointtype 15 pointsize 0.9 linewidth 1.3 linecolor rgb '#D55E00' title 'liburing', 'buffered-curve-1.dat' index 6 using 1:2:3:4 with yerrorlines pointtype 4 pointsize 0.9 linewidth 1.3 linecolor rgb '#56B4E9' title 'tokio-1', 'buffered-curve-1.dat' index 7 using 1:2:3:4 with yerrorlines pointtype 6 pointsize 0.9 linewidth 1.3 linecolor rgb '#882255' title 'tokio-mt', 'buffered-curve-1.dat' index 8 using 1:2:3:4 with yerrorlines pointtype 8 pointsize 0.9 linewidth 1.3 linecolor rgb '#332288' title 'tokio-mt-shipped', 'buffered-curve-1.dat' index 9 using 1:2 with lines dashtype 2 linewidth 2 linecolor rgb '#444444' title 'arithmetic'
unset label
set title 'buffered'
plot 'buffered-curve-1.dat' index 10 using 1:2:3:4 with yerrorlines pointtype 7 pointsize 0.9 linewidth 1.3 linecolor rgb '#0072B2' title 'epoll', 'buffered-curve-1.dat' index 11 using 1:2:3:4 with yerrorlines pointtype 9 pointsize 0.9 linewidth 1.3 linecolor rgb '#E69F00' title 'libuv', 'buffered-curve-1.dat' index 12 using 1:2:3:4 with yerrorlines pointtype 11 pointsize 0.9 linewidth 1.3 linecolor rgb '#009E73' title 'libev', 'buffered-curve-1.dat' index 13 using 1:2:3:4 with yerrorlines pointtype 13 pointsize 0.9 linewidth 1.3 linecolor rgb '#CC79A7' title 'libevent', 'buffered-curve-1.dat' index 14 using 1:2:3:4 with yerrorlines pointtype 15 pointsize 0.9 linewidth 1.3 linecolor rgb '#D55E00' title 'liburing', 'buffered-curve-1.dat' index 15 using 1:2:3:4 with yerrorlines pointtype 4 pointsize 0.9 linewidth 1.3 linecolor rgb '#56B4E9' title 'tokio-1', 'buffered-curve-1.dat' index 16 using 1:2:3:4 with yerrorlines pointtype 6 pointsize 0.9 linewidth 1.3 linecolor rgb '#882255' title 'tokio-mt', 'buffered-curve-1.dat' index 17 using 1:2:3:4 with yerrorlines pointtype 8 pointsize 0.9 linewidth 1.3 linecolor rgb '#332288' title 'tokio-mt-shipped', 'buffered-curve-1.dat' index 18 using 1:2 with lines dashtype 2 linewidth 2 linecolor rgb '#444444' title 'arithmetic'
set title 'drained'
plot 'buffered-curve-1.dat' index 19 using 1:2:3:4 with yerrorlines pointtype 7 pointsize 0.9 linewidth 1.3 linecolor rgb '#0072B2' title 'epoll', 'buffered-curve-1.dat' index 20 using 1:2:3:4 with yerrorlines pointtype 9 pointsize 0.9 linewidth 1.3 linecolor rgb '#E69F00' title 'libuv', 'buffered-curve-1.dat' index 21 using 1:2:3:4 with yerrorlines pointtype 11 pointsize 0.9 linewidth 1.3 linecolor rgb '#009E73' title 'libev', 'buffered-curve-1.dat' index 22 using 1:2:3:4 with yerrorlines pointtype 13 pointsize 0.9 linewidth 1.3 linecolor rgb '#CC79A7' title 'libevent', 'buffered-curve-1.dat' index 23 using 1:2:3:4 with yerrorlines pointtype 15 pointsize 0.9 linewidth 1.3 linecolor rgb '#D55E00' title 'liburing', 'buffered-curve-1.dat' index 24 using 1:2:3:4 with yerrorlines pointtype 4 pointsize 0.9 linewidth 1.3 linecolor rgb '#56B4E9' title 'tokio-1', 'buffered-curve-1.dat' index 25 using 1:2:3:4 with yerrorlines pointtype 6 pointsize 0.9 linewidth 1.3 linecolor rgb '#882255' title 'tokio-mt', 'buffered-curve-1.dat' index 26 using 1:2:3:4 with yerrorlines pointtype 8 pointsize 0.9 linewidth 1.3 linecolor rgb '#332288' title 'tokio-mt-shipped', 'buffered-curve-1.dat' index 27 using 1:2 with lines dashtype 2 linewidth 2 linecolor rgb '#444444' title 'arithmetic'
unset multiplot
}
unset output
