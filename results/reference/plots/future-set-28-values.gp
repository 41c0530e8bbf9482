# Draws the plot again: gnuplot -d THIS_FILE
width = 900
height = 654
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set tmargin at screen 0.89908
set xrange [79.1113:1122.61]
set logscale x
set xtics ('100' 100, '200' 200, '500' 500, '1000' 1000)
set xlabel 'user_ns (ns)'
set yrange [0.4:24.6]
set ytics scale 0 ('spawned' 23, 'set' 22, 'spawned' 20, 'set' 19, 'spawned' 17, 'set' 16, 'spawned' 14, 'set' 13, 'spawned' 11, 'set' 10, 'spawned' 8, 'set' 7, 'spawned' 5, 'set' 4, 'spawned' 2, 'set' 1)
set label 10 'epoll' at graph 0.008,first 24 left
set label 13 'libuv' at graph 0.008,first 21 left
set arrow from graph 0,first 21.5 to graph 1,first 21.5 nohead lc rgb '#c0c0c0'
set label 16 'libev' at graph 0.008,first 18 left
set arrow from graph 0,first 18.5 to graph 1,first 18.5 nohead lc rgb '#c0c0c0'
set label 19 'libevent' at graph 0.008,first 15 left
set arrow from graph 0,first 15.5 to graph 1,first 15.5 nohead lc rgb '#c0c0c0'
set label 22 'liburing' at graph 0.008,first 12 left
set arrow from graph 0,first 12.5 to graph 1,first 12.5 nohead lc rgb '#c0c0c0'
set label 25 'tokio-1' at graph 0.008,first 9 left
set arrow from graph 0,first 9.5 to graph 1,first 9.5 nohead lc rgb '#c0c0c0'
set label 28 'tokio-mt' at graph 0.008,first 6 left
set arrow from graph 0,first 6.5 to graph 1,first 6.5 nohead lc rgb '#c0c0c0'
set label 31 'tokio-mt-shipped' at graph 0.008,first 3 left
set arrow from graph 0,first 3.5 to graph 1,first 3.5 nohead lc rgb '#c0c0c0'
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'future-set-28-values.'.kind
set label 1 'future-set: user_ns of all programs' at screen 0.012,screen 0.97859 left
set label 2 'users=1000' at screen 0.012,screen 0.95260 left
set label 3 'Intel(R) Xeon(R) Processor; noise 0.80 % (quiet)' at screen 0.012,screen 0.92661 left
plot 'future-set-28-values.dat' index 0 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 1 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'future-set-28-values.dat' index 2 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 3 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'future-set-28-values.dat' index 4 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 5 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'future-set-28-values.dat' index 6 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 7 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'future-set-28-values.dat' index 8 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 9 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'future-set-28-values.dat' index 10 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 11 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'future-set-28-values.dat' index 12 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 13 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'future-set-28-values.dat' index 14 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 15 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'future-set-28-values.dat' index 16 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 17 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'future-set-28-values.dat' index 18 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 19 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'future-set-28-values.dat' index 20 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 21 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'future-set-28-values.dat' index 22 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 23 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'future-set-28-values.dat' index 24 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 25 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255', 'future-set-28-values.dat' index 26 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 27 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255', 'future-set-28-values.dat' index 28 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#332288', '' index 29 using 1:2:3:4 with xerrorbars pointtype 8 pointsize 1.3 linewidth 1.6 linecolor rgb '#332288', 'future-set-28-values.dat' index 30 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#332288', '' index 31 using 1:2:3:4 with xerrorbars pointtype 8 pointsize 1.3 linewidth 1.6 linecolor rgb '#332288'
}
unset output
