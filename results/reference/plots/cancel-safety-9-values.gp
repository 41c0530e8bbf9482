# Draws the plot again: gnuplot -d THIS_FILE
width = 900
height = 720
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set tmargin at screen 0.90833
set xrange [104360:203657]
set logscale x
set xtics ('120000' 120000, '140000' 140000, '160000' 160000, '180000' 180000, '200000' 200000)
set xlabel 'lost_per_million (1/1M)'
set yrange [0.4:27.6]
set ytics scale 0 ('buffer-inside' 26, 'send-dropped' 25, 'buffer-inside' 23, 'send-dropped' 22, 'buffer-inside' 20, 'send-dropped' 19, 'buffer-inside' 17, 'send-dropped' 16, 'buffer-inside' 14, 'send-dropped' 13, 'buffer-inside' 11, 'send-dropped' 10, 'buffer-inside' 8, 'send-dropped' 7, 'buffer-inside' 5, 'send-dropped' 4, 'buffer-inside' 2, 'send-dropped' 1)
set label 10 'threads' at graph 0.008,first 27 left
set label 13 'epoll' at graph 0.008,first 24 left
set arrow from graph 0,first 24.5 to graph 1,first 24.5 nohead lc rgb '#c0c0c0'
set label 16 'libuv' at graph 0.008,first 21 left
set arrow from graph 0,first 21.5 to graph 1,first 21.5 nohead lc rgb '#c0c0c0'
set label 19 'libev' at graph 0.008,first 18 left
set arrow from graph 0,first 18.5 to graph 1,first 18.5 nohead lc rgb '#c0c0c0'
set label 22 'libevent' at graph 0.008,first 15 left
set arrow from graph 0,first 15.5 to graph 1,first 15.5 nohead lc rgb '#c0c0c0'
set label 25 'liburing' at graph 0.008,first 12 left
set arrow from graph 0,first 12.5 to graph 1,first 12.5 nohead lc rgb '#c0c0c0'
set label 28 'tokio-1' at graph 0.008,first 9 left
set arrow from graph 0,first 9.5 to graph 1,first 9.5 nohead lc rgb '#c0c0c0'
set label 31 'tokio-mt' at graph 0.008,first 6 left
set arrow from graph 0,first 6.5 to graph 1,first 6.5 nohead lc rgb '#c0c0c0'
set label 34 'tokio-mt-shipped' at graph 0.008,first 3 left
set arrow from graph 0,first 3.5 to graph 1,first 3.5 nohead lc rgb '#c0c0c0'
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'cancel-safety-9-values.'.kind
set label 1 'cancel-safety: lost_per_million of all programs' at screen 0.012,screen 0.98056 left
set label 2 'cancel_every=4;timer_ms=2;workers=1' at screen 0.012,screen 0.95694 left
set label 3 'Intel(R) Xeon(R) Processor; noise  (unknown)' at screen 0.012,screen 0.93333 left
plot 'cancel-safety-9-values.dat' index 0 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 1 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'cancel-safety-9-values.dat' index 2 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 3 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'cancel-safety-9-values.dat' index 4 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 5 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'cancel-safety-9-values.dat' index 6 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 7 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'cancel-safety-9-values.dat' index 8 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 9 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'cancel-safety-9-values.dat' index 10 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 11 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'cancel-safety-9-values.dat' index 12 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 13 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'cancel-safety-9-values.dat' index 14 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 15 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'cancel-safety-9-values.dat' index 16 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 17 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'cancel-safety-9-values.dat' index 18 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 19 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'cancel-safety-9-values.dat' index 20 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 21 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'cancel-safety-9-values.dat' index 22 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 23 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'cancel-safety-9-values.dat' index 24 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 25 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'cancel-safety-9-values.dat' index 26 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 27 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'cancel-safety-9-values.dat' index 28 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 29 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255', 'cancel-safety-9-values.dat' index 30 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 31 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255', 'cancel-safety-9-values.dat' index 32 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#332288', '' index 33 using 1:2:3:4 with xerrorbars pointtype 8 pointsize 1.3 linewidth 1.6 linecolor rgb '#332288', 'cancel-safety-9-values.dat' index 34 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#332288', '' index 35 using 1:2:3:4 with xerrorbars pointtype 8 pointsize 1.3 linewidth 1.6 linecolor rgb '#332288'
}
unset output
