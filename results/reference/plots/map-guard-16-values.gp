# Draws the plot again: gnuplot -d THIS_FILE
width = 900
height = 478
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set tmargin at screen 0.86192
set xrange [19.1145:40.905]
set logscale x
set xtics ('20' 20, '25' 25, '30' 30, '35' 35, '40' 40)
set xlabel 'access_ns (ns)'
set yrange [0.4:16.6]
set ytics scale 0 ('dropped' 15, 'dropped' 13, 'dropped' 11, 'dropped' 9, 'dropped' 7, 'dropped' 5, 'dropped' 3, 'dropped' 1)
set label 10 'threads' at graph 0.008,first 16 left
set label 12 'epoll' at graph 0.008,first 14 left
set arrow from graph 0,first 14.5 to graph 1,first 14.5 nohead lc rgb '#c0c0c0'
set label 14 'libuv' at graph 0.008,first 12 left
set arrow from graph 0,first 12.5 to graph 1,first 12.5 nohead lc rgb '#c0c0c0'
set label 16 'libev' at graph 0.008,first 10 left
set arrow from graph 0,first 10.5 to graph 1,first 10.5 nohead lc rgb '#c0c0c0'
set label 18 'libevent' at graph 0.008,first 8 left
set arrow from graph 0,first 8.5 to graph 1,first 8.5 nohead lc rgb '#c0c0c0'
set label 20 'liburing' at graph 0.008,first 6 left
set arrow from graph 0,first 6.5 to graph 1,first 6.5 nohead lc rgb '#c0c0c0'
set label 22 'tokio-1' at graph 0.008,first 4 left
set arrow from graph 0,first 4.5 to graph 1,first 4.5 nohead lc rgb '#c0c0c0'
set label 24 'tokio-mt' at graph 0.008,first 2 left
set arrow from graph 0,first 2.5 to graph 1,first 2.5 nohead lc rgb '#c0c0c0'
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'map-guard-16-values.'.kind
set label 1 'map-guard: access_ns of all programs' at screen 0.012,screen 0.97071 left
set label 2 'shards=16;tasks=16;workers=1' at screen 0.012,screen 0.93515 left
set label 3 'Intel(R) Xeon(R) Processor; noise 1.6 % (usable); the same row against itself (A/A): within ±5.5 %' at screen 0.012,screen 0.89958 left
plot 'map-guard-16-values.dat' index 0 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 1 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'map-guard-16-values.dat' index 2 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 3 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'map-guard-16-values.dat' index 4 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 5 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'map-guard-16-values.dat' index 6 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 7 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'map-guard-16-values.dat' index 8 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 9 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'map-guard-16-values.dat' index 10 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 11 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'map-guard-16-values.dat' index 12 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 13 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'map-guard-16-values.dat' index 14 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 15 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255'
}
unset output
