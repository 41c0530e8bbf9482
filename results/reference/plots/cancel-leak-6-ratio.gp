# Draws the plot again: gnuplot -d THIS_FILE
width = 900
height = 324
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set tmargin at screen 0.79630
set xrange [0.932662:1.10463]
set logscale x
set xtics ('0.95' 0.95, '1' 1, '1.05' 1.05, '1.1' 1.1)
set xlabel 'ratio; above 1 the mistake costs; grey: the same row against itself'
set yrange [0.4:9.6]
set ytics scale 0 ('threads' 8, 'epoll' 7, 'libuv' 6, 'libev' 5, 'libevent' 4, 'liburing' 3, 'tokio-1' 2, 'tokio-mt' 1)
set label 10 'unguarded / guarded' at graph 0.008,first 9 left
set object 1 rectangle from first 0.954123,graph 0 to first 1.04808,graph 1 behind fillcolor rgb '#e4e4e4' fillstyle solid 1 noborder
set arrow from first 1,graph 0 to first 1,graph 1 nohead lc rgb '#444444' dashtype 2
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'cancel-leak-6-ratio.'.kind
set label 1 'cancel-leak: mistake / fix, section_ns' at screen 0.012,screen 0.95679 left
set label 2 'outlive_percent=50;parent_wait_ms=50;tasks=100;timeout_ms=10;workers=1' at screen 0.012,screen 0.90432 left
set label 3 'Intel(R) Xeon(R) Processor; noise 0.85 % (quiet); the same row against itself (A/A): within ±4.8 %' at screen 0.012,screen 0.85185 left
plot 'cancel-leak-6-ratio.dat' index 0 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 1 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'cancel-leak-6-ratio.dat' index 2 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 3 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'cancel-leak-6-ratio.dat' index 4 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 5 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'cancel-leak-6-ratio.dat' index 6 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 7 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'cancel-leak-6-ratio.dat' index 8 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 9 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'cancel-leak-6-ratio.dat' index 10 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 11 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00', 'cancel-leak-6-ratio.dat' index 12 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#56B4E9', '' index 13 using 1:2:3:4 with xerrorbars pointtype 4 pointsize 1.3 linewidth 1.6 linecolor rgb '#56B4E9', 'cancel-leak-6-ratio.dat' index 14 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#882255', '' index 15 using 1:2:3:4 with xerrorbars pointtype 6 pointsize 1.3 linewidth 1.6 linecolor rgb '#882255'
}
unset output
