# Draws the plot again: gnuplot -d THIS_FILE
width = 900
height = 566
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set tmargin at screen 0.88339
set xrange [55.6849:10389.9]
set logscale x
set xtics ('100' 100, '200' 200, '500' 500, '1000' 1000, '2000' 2000, '5000' 5000, '10000' 10000)
set xlabel 'rss_per_connection_bytes (bytes)'
set yrange [0.4:20.6]
set ytics scale 0 ('ramp' 19, 'ramp' 17, 'ramp' 15, 'ramp' 13, 'ramp' 11, 'ramp' 9, 'ramp' 7, 'ramp' 5, 'ramp' 3, 'ramp' 1)
set label 10 'threads' at graph 0.008,first 20 left
set label 12 'epoll' at graph 0.008,first 18 left
set arrow from graph 0,first 18.5 to graph 1,first 18.5 nohead lc rgb '#c0c0c0'
set label 14 'libuv' at graph 0.008,first 16 left
set arrow from graph 0,first 16.5 to graph 1,first 16.5 nohead lc rgb '#c0c0c0'
set label 16 'libev' at graph 0.008,first 14 left
set arrow from graph 0,first 14.5 to graph 1,first 14.5 nohead lc rgb '#c0c0c0'
set label 18 'libevent' at graph 0.008,first 12 left
set arrow from graph 0,first 12.5 to graph 1,first 12.5 nohead lc rgb '#c0c0c0'
set label 20 'libevent-bufferevent' at graph 0.008,first 10 left
set arrow from graph 0,first 10.5 to graph 1,first 10.5 nohead lc rgb '#c0c0c0'
set label 22 'liburing' at graph 0.008,first 8 left
set arrow from graph 0,first 8.5 to graph 1,first 8.5 nohead lc rgb '#c0c0c0'
set label 24 'liburing-poll' at graph 0.008,first 6 left
set arrow from graph 0,first 6.5 to graph 1,first 6.5 nohead lc rgb '#c0c0c0'
set label 26 'tokio-1' at graph 0.008,first 4 left
set arrow from graph 0,first 4.5 to graph 1,first 4.5 nohead lc rgb '#c0c0c0'
set label 28 'tokio-mt' at graph 0.008,first 2 left
set arrow from graph 0,first 2.5 to graph 1,first 2.5 nohead lc rgb '#c0c0c0'
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'c10k-38-values.'.kind
set label 1 'c10k: rss_per_connection_bytes of all programs' at screen 0.012,screen 0.97527 left
set label 2 'active=10;buffer_bytes=16384;connections=10000;family=ipv4;listeners=own;nodelay=on;stall_ms=10000;workers=1' at screen 0.012,screen 0.94523 left
set label 3 'Intel(R) Xeon(R) Processor; noise 0 % (quiet)' at screen 0.012,screen 0.91519 left
plot 'c10k-38-values.dat' index 0 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 1 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'c10k-38-values.dat' index 2 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 3 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'c10k-38-values.dat' index 4 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 5 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'c10k-38-values.dat' index 6 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 7 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'c10k-38-values.dat' index 8 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 9 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'c10k-38-values.dat' index 10 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#AA4499', '' index 11 using 1:2:3:4 with xerrorbars pointtype 12 pointsize 1.3 linewidth 1.6 linecolor rgb '#AA4499', 'c10k-38-values.dat' index 12 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 13 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'c10k-38-values.dat' index 14 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#F0A070', '' index 15 using 1:2:3:4 with xerrorbars pointtype 14 pointsize 1.3 linewidth 1.6 linecolor rgb '#F0A070', 'c10k-38-values.dat' index 16 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 17 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'c10k-38-values.dat' index 18 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 19 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255'
}
unset output
