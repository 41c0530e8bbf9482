# Draws the plot again: gnuplot -d THIS_FILE
width = 900
height = 1006
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set tmargin at screen 0.93439
set xrange [17509.9:365235]
set logscale x
set xtics ('20000' 20000, '50000' 50000, '100000' 100000, '200000' 200000)
set xlabel 'requests_per_s (1/s)'
set yrange [0.4:40.6]
set ytics scale 0 ('closed' 39, 'closed-apart' 38, 'open' 37, 'closed' 35, 'closed-apart' 34, 'open' 33, 'closed' 31, 'closed-apart' 30, 'open' 29, 'closed' 27, 'closed-apart' 26, 'open' 25, 'closed' 23, 'closed-apart' 22, 'open' 21, 'closed' 19, 'closed-apart' 18, 'open' 17, 'closed' 15, 'closed-apart' 14, 'open' 13, 'closed' 11, 'closed-apart' 10, 'open' 9, 'closed' 7, 'closed-apart' 6, 'open' 5, 'closed' 3, 'closed-apart' 2, 'open' 1)
set label 10 'threads' at graph 0.008,first 40 left
set label 14 'epoll' at graph 0.008,first 36 left
set arrow from graph 0,first 36.5 to graph 1,first 36.5 nohead lc rgb '#c0c0c0'
set label 18 'libuv' at graph 0.008,first 32 left
set arrow from graph 0,first 32.5 to graph 1,first 32.5 nohead lc rgb '#c0c0c0'
set label 22 'libev' at graph 0.008,first 28 left
set arrow from graph 0,first 28.5 to graph 1,first 28.5 nohead lc rgb '#c0c0c0'
set label 26 'libevent' at graph 0.008,first 24 left
set arrow from graph 0,first 24.5 to graph 1,first 24.5 nohead lc rgb '#c0c0c0'
set label 30 'libevent-bufferevent' at graph 0.008,first 20 left
set arrow from graph 0,first 20.5 to graph 1,first 20.5 nohead lc rgb '#c0c0c0'
set label 34 'liburing' at graph 0.008,first 16 left
set arrow from graph 0,first 16.5 to graph 1,first 16.5 nohead lc rgb '#c0c0c0'
set label 38 'liburing-poll' at graph 0.008,first 12 left
set arrow from graph 0,first 12.5 to graph 1,first 12.5 nohead lc rgb '#c0c0c0'
set label 42 'tokio-1' at graph 0.008,first 8 left
set arrow from graph 0,first 8.5 to graph 1,first 8.5 nohead lc rgb '#c0c0c0'
set label 46 'tokio-mt' at graph 0.008,first 4 left
set arrow from graph 0,first 4.5 to graph 1,first 4.5 nohead lc rgb '#c0c0c0'
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'echo-35-values.'.kind
set label 1 'echo: requests_per_s of all programs' at screen 0.012,screen 0.98608 left
set label 2 'connections=50;rate_per_s=20000; the rest as in REPORT.md' at screen 0.012,screen 0.96918 left
set label 3 'Intel(R) Xeon(R) Processor; noise 1.3 % (usable); the same row against itself (A/A): within ±1.1 %' at screen 0.012,screen 0.95229 left
plot 'echo-35-values.dat' index 0 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 1 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'echo-35-values.dat' index 2 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 3 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'echo-35-values.dat' index 4 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 5 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'echo-35-values.dat' index 6 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 7 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'echo-35-values.dat' index 8 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 9 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'echo-35-values.dat' index 10 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 11 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'echo-35-values.dat' index 12 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 13 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'echo-35-values.dat' index 14 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 15 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'echo-35-values.dat' index 16 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 17 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'echo-35-values.dat' index 18 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 19 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'echo-35-values.dat' index 20 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 21 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'echo-35-values.dat' index 22 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 23 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'echo-35-values.dat' index 24 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 25 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'echo-35-values.dat' index 26 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 27 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'echo-35-values.dat' index 28 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 29 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'echo-35-values.dat' index 30 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#AA4499', '' index 31 using 1:2:3:4 with xerrorbars pointtype 12 pointsize 1.3 linewidth 1.6 linecolor rgb '#AA4499', 'echo-35-values.dat' index 32 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#AA4499', '' index 33 using 1:2:3:4 with xerrorbars pointtype 12 pointsize 1.3 linewidth 1.6 linecolor rgb '#AA4499', 'echo-35-values.dat' index 34 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#AA4499', '' index 35 using 1:2:3:4 with xerrorbars pointtype 12 pointsize 1.3 linewidth 1.6 linecolor rgb '#AA4499', 'echo-35-values.dat' index 36 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 37 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'echo-35-values.dat' index 38 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 39 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'echo-35-values.dat' index 40 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 41 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'echo-35-values.dat' index 42 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#F0A070', '' index 43 using 1:2:3:4 with xerrorbars pointtype 14 pointsize 1.3 linewidth 1.6 linecolor rgb '#F0A070', 'echo-35-values.dat' index 44 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#F0A070', '' index 45 using 1:2:3:4 with xerrorbars pointtype 14 pointsize 1.3 linewidth 1.6 linecolor rgb '#F0A070', 'echo-35-values.dat' index 46 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#F0A070', '' index 47 using 1:2:3:4 with xerrorbars pointtype 14 pointsize 1.3 linewidth 1.6 linecolor rgb '#F0A070', 'echo-35-values.dat' index 48 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 49 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'echo-35-values.dat' index 50 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 51 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'echo-35-values.dat' index 52 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 53 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'echo-35-values.dat' index 54 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 55 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255', 'echo-35-values.dat' index 56 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 57 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255', 'echo-35-values.dat' index 58 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 59 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255'
}
unset output
