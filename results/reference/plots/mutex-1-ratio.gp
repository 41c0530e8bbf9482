# Draws the plot again: gnuplot -d THIS_FILE
width = 900
height = 544
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set tmargin at screen 0.87868
set xrange [0.677435:2.57323]
set logscale x
set xtics ('0.7' 0.7, '1' 1, '1.5' 1.5, '2' 2)
set xlabel 'ratio; above 1 the mistake costs; grey: the same row against itself'
set yrange [0.4:19.6]
set ytics scale 0 ('null' 18, 'threads' 17, 'epoll' 16, 'libuv' 15, 'libev' 14, 'libevent' 13, 'liburing' 12, 'tokio-1' 11, 'tokio-mt' 10, 'threads' 8, 'epoll' 7, 'libuv' 6, 'libev' 5, 'libevent' 4, 'liburing' 3, 'tokio-1' 2, 'tokio-mt' 1)
set label 10 'async / sync' at graph 0.008,first 19 left
set label 20 'async-with-send / sync-with-try-send' at graph 0.008,first 9 left
set arrow from graph 0,first 9.5 to graph 1,first 9.5 nohead lc rgb '#c0c0c0'
set object 1 rectangle from first 0.937733,graph 0 to first 1.0664,graph 1 behind fillcolor rgb '#e4e4e4' fillstyle solid 1 noborder
set arrow from first 1,graph 0 to first 1,graph 1 nohead lc rgb '#444444' dashtype 2
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'mutex-1-ratio.'.kind
set label 1 'mutex: mistake / fix, acquire_ns' at screen 0.012,screen 0.97426 left
set label 2 'burst=64;hold_ns=0;tasks=1;workers=1' at screen 0.012,screen 0.94301 left
set label 3 'Intel(R) Xeon(R) Processor; noise 1.9 % (usable); the same row against itself (A/A): within ±6.6 %' at screen 0.012,screen 0.91176 left
plot 'mutex-1-ratio.dat' index 0 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#999999', '' index 1 using 1:2:3:4 with xerrorbars pointtype 1 pointsize 1.3 linewidth 1.6 linecolor rgb '#999999', 'mutex-1-ratio.dat' index 2 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 3 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'mutex-1-ratio.dat' index 4 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 5 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'mutex-1-ratio.dat' index 6 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 7 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'mutex-1-ratio.dat' index 8 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 9 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'mutex-1-ratio.dat' index 10 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 11 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'mutex-1-ratio.dat' index 12 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 13 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'mutex-1-ratio.dat' index 14 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 15 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'mutex-1-ratio.dat' index 16 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 17 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255', 'mutex-1-ratio.dat' index 18 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 19 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'mutex-1-ratio.dat' index 20 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 21 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'mutex-1-ratio.dat' index 22 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 23 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'mutex-1-ratio.dat' index 24 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 25 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'mutex-1-ratio.dat' index 26 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 27 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'mutex-1-ratio.dat' index 28 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 29 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'mutex-1-ratio.dat' index 30 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 31 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'mutex-1-ratio.dat' index 32 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 33 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255'
}
unset output
