# Draws the plot again: gnuplot -d THIS_FILE
width = 900
height = 654
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set tmargin at screen 0.89908
set xrange [10.4959:12.6712]
set logscale x
set xtics ('10.5' 10.5, '11' 11, '11.5' 11.5, '12' 12, '12.5' 12.5)
set xlabel 'section_ns (ns)'
set yrange [0.4:24.6]
set ytics scale 0 ('guarded' 23, 'unguarded' 22, 'guarded' 20, 'unguarded' 19, 'guarded' 17, 'unguarded' 16, 'guarded' 14, 'unguarded' 13, 'guarded' 11, 'unguarded' 10, 'guarded' 8, 'unguarded' 7, 'guarded' 5, 'unguarded' 4, 'guarded' 2, 'unguarded' 1)
set label 10 'threads' at graph 0.008,first 24 left
set label 13 'epoll' at graph 0.008,first 21 left
set arrow from graph 0,first 21.5 to graph 1,first 21.5 nohead lc rgb '#c0c0c0'
set label 16 'libuv' at graph 0.008,first 18 left
set arrow from graph 0,first 18.5 to graph 1,first 18.5 nohead lc rgb '#c0c0c0'
set label 19 'libev' at graph 0.008,first 15 left
set arrow from graph 0,first 15.5 to graph 1,first 15.5 nohead lc rgb '#c0c0c0'
set label 22 'libevent' at graph 0.008,first 12 left
set arrow from graph 0,first 12.5 to graph 1,first 12.5 nohead lc rgb '#c0c0c0'
set label 25 'liburing' at graph 0.008,first 9 left
set arrow from graph 0,first 9.5 to graph 1,first 9.5 nohead lc rgb '#c0c0c0'
set label 28 'tokio-1' at graph 0.008,first 6 left
set arrow from graph 0,first 6.5 to graph 1,first 6.5 nohead lc rgb '#c0c0c0'
set label 31 'tokio-mt' at graph 0.008,first 3 left
set arrow from graph 0,first 3.5 to graph 1,first 3.5 nohead lc rgb '#c0c0c0'
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'cancel-leak-6-values.'.kind
set label 1 'cancel-leak: section_ns of all programs' at screen 0.012,screen 0.97859 left
set label 2 'outlive_percent=50;parent_wait_ms=50;tasks=100;timeout_ms=10;workers=1' at screen 0.012,screen 0.95260 left
set label 3 'Intel(R) Xeon(R) Processor; noise 0.85 % (quiet); the same row against itself (A/A): within ±4.8 %' at screen 0.012,screen 0.92661 left
plot 'cancel-leak-6-values.dat' index 0 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 1 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'cancel-leak-6-values.dat' index 2 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 3 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'cancel-leak-6-values.dat' index 4 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 5 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'cancel-leak-6-values.dat' index 6 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 7 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'cancel-leak-6-values.dat' index 8 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 9 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'cancel-leak-6-values.dat' index 10 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 11 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'cancel-leak-6-values.dat' index 12 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 13 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'cancel-leak-6-values.dat' index 14 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 15 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'cancel-leak-6-values.dat' index 16 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 17 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'cancel-leak-6-values.dat' index 18 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 19 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'cancel-leak-6-values.dat' index 20 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 21 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'cancel-leak-6-values.dat' index 22 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 23 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'cancel-leak-6-values.dat' index 24 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 25 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'cancel-leak-6-values.dat' index 26 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 27 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'cancel-leak-6-values.dat' index 28 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 29 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255', 'cancel-leak-6-values.dat' index 30 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 31 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255'
}
unset output
