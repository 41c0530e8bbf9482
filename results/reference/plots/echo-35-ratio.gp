# Draws the plot again: gnuplot -d THIS_FILE
width = 900
height = 346
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set tmargin at screen 0.80925
set xrange [0.65726:1.05867]
set logscale x
set xtics ('0.7' 0.7, '0.8' 0.8, '0.9' 0.9, '1' 1)
set xlabel 'ratio; below 1 the row is worse; grey: the same row against itself'
set yrange [0.4:10.6]
set ytics scale 0 ('threads' 9, 'libuv' 8, 'libev' 7, 'libevent' 6, 'libevent-bufferevent' 5, 'liburing' 4, 'liburing-poll' 3, 'tokio-1' 2, 'tokio-mt' 1)
set label 10 'closed: each row / epoll' at graph 0.008,first 10 left
set object 1 rectangle from first 0.989291,graph 0 to first 1.01082,graph 1 behind fillcolor rgb '#e4e4e4' fillstyle solid 1 noborder
set arrow from first 1,graph 0 to first 1,graph 1 nohead lc rgb '#444444' dashtype 2
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'echo-35-ratio.'.kind
set label 1 'echo: rows, requests_per_s' at screen 0.012,screen 0.95954 left
set label 2 'connections=50;rate_per_s=20000; the rest as in REPORT.md' at screen 0.012,screen 0.91040 left
set label 3 'Intel(R) Xeon(R) Processor; noise 1.3 % (usable); the same row against itself (A/A): within ±1.1 %' at screen 0.012,screen 0.86127 left
plot 'echo-35-ratio.dat' index 0 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 1 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'echo-35-ratio.dat' index 2 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 3 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'echo-35-ratio.dat' index 4 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 5 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'echo-35-ratio.dat' index 6 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 7 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'echo-35-ratio.dat' index 8 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#AA4499', '' index 9 using 1:2:3:4 with xerrorbars pointtype 12 pointsize 1.3 linewidth 1.6 linecolor rgb '#AA4499', 'echo-35-ratio.dat' index 10 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 11 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'echo-35-ratio.dat' index 12 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#F0A070', '' index 13 using 1:2:3:4 with xerrorbars pointtype 14 pointsize 1.3 linewidth 1.6 linecolor rgb '#F0A070', 'echo-35-ratio.dat' index 14 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 15 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'echo-35-ratio.dat' index 16 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 17 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255'
}
unset output
