# Draws the plot again: gnuplot -d THIS_FILE
width = 900
height = 874
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set tmargin at screen 0.92449
set xrange [64252.6:4.23073e+07]
set logscale x
set xtics ('100000' 100000, '200000' 200000, '500000' 500000, '1000000' 1000000, '2000000' 2000000, '5000000' 5000000, '10000000' 10000000, '20000000' 20000000)
set xlabel 'late_max_ns (ns)'
set yrange [0.4:34.6]
set ytics scale 0 ('spawned' 33, 'spawned' 31, 'buffered' 30, 'drained' 29, 'spawned' 27, 'buffered' 26, 'drained' 25, 'spawned' 23, 'buffered' 22, 'drained' 21, 'spawned' 19, 'buffered' 18, 'drained' 17, 'spawned' 15, 'buffered' 14, 'drained' 13, 'spawned' 11, 'buffered' 10, 'drained' 9, 'spawned' 7, 'buffered' 6, 'drained' 5, 'spawned' 3, 'buffered' 2, 'drained' 1)
set label 10 'threads' at graph 0.008,first 34 left
set label 12 'epoll' at graph 0.008,first 32 left
set arrow from graph 0,first 32.5 to graph 1,first 32.5 nohead lc rgb '#c0c0c0'
set label 16 'libuv' at graph 0.008,first 28 left
set arrow from graph 0,first 28.5 to graph 1,first 28.5 nohead lc rgb '#c0c0c0'
set label 20 'libev' at graph 0.008,first 24 left
set arrow from graph 0,first 24.5 to graph 1,first 24.5 nohead lc rgb '#c0c0c0'
set label 24 'libevent' at graph 0.008,first 20 left
set arrow from graph 0,first 20.5 to graph 1,first 20.5 nohead lc rgb '#c0c0c0'
set label 28 'liburing' at graph 0.008,first 16 left
set arrow from graph 0,first 16.5 to graph 1,first 16.5 nohead lc rgb '#c0c0c0'
set label 32 'tokio-1' at graph 0.008,first 12 left
set arrow from graph 0,first 12.5 to graph 1,first 12.5 nohead lc rgb '#c0c0c0'
set label 36 'tokio-mt' at graph 0.008,first 8 left
set arrow from graph 0,first 8.5 to graph 1,first 8.5 nohead lc rgb '#c0c0c0'
set label 40 'tokio-mt-shipped' at graph 0.008,first 4 left
set arrow from graph 0,first 4.5 to graph 1,first 4.5 nohead lc rgb '#c0c0c0'
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'buffered-25-values.'.kind
set label 1 'buffered: late_max_ns of all programs' at screen 0.012,screen 0.98398 left
set label 2 'body_ms=40;in_flight=5;op_ms=10;permits=2;semaphore_in_flight=4;timeout_ms=30' at screen 0.012,screen 0.96453 left
set label 3 'Intel(R) Xeon(R) Processor; noise 1.1 % (usable)' at screen 0.012,screen 0.94508 left
plot 'buffered-25-values.dat' index 0 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 1 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'buffered-25-values.dat' index 2 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 3 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'buffered-25-values.dat' index 4 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 5 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'buffered-25-values.dat' index 6 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 7 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'buffered-25-values.dat' index 8 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 9 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'buffered-25-values.dat' index 10 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 11 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'buffered-25-values.dat' index 12 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 13 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'buffered-25-values.dat' index 14 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 15 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'buffered-25-values.dat' index 16 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 17 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'buffered-25-values.dat' index 18 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 19 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'buffered-25-values.dat' index 20 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 21 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'buffered-25-values.dat' index 22 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 23 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'buffered-25-values.dat' index 24 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 25 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'buffered-25-values.dat' index 26 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 27 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'buffered-25-values.dat' index 28 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 29 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'buffered-25-values.dat' index 30 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 31 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'buffered-25-values.dat' index 32 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 33 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'buffered-25-values.dat' index 34 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 35 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'buffered-25-values.dat' index 36 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 37 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'buffered-25-values.dat' index 38 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 39 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255', 'buffered-25-values.dat' index 40 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 41 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255', 'buffered-25-values.dat' index 42 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 43 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255', 'buffered-25-values.dat' index 44 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#332288', '' index 45 using 1:2:3:4 with xerrorbars pointtype 8 pointsize 1.3 linewidth 1.6 linecolor rgb '#332288', 'buffered-25-values.dat' index 46 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#332288', '' index 47 using 1:2:3:4 with xerrorbars pointtype 8 pointsize 1.3 linewidth 1.6 linecolor rgb '#332288', 'buffered-25-values.dat' index 48 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#332288', '' index 49 using 1:2:3:4 with xerrorbars pointtype 8 pointsize 1.3 linewidth 1.6 linecolor rgb '#332288'
}
unset output
