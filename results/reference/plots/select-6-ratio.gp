# Draws the plot again: gnuplot -d THIS_FILE
width = 900
height = 302
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set tmargin at screen 0.78146
set logscale x
set xrange [0.915383:1.7401]
set xtics ('1' 1, '1.2' 1.2, '1.4' 1.4, '1.6' 1.6)
set xlabel 'ratio; above 1 the mistake costs; grey: the same row against itself'
set yrange [0.4:8.6]
set ytics scale 0 ('null' 7, 'threads' 6, 'epoll' 5, 'libuv' 4, 'libev' 3, 'libevent' 2, 'liburing' 1)
set label 10 'recreated / hoisted' at graph 0.008,first 8 left
set object 1 rectangle from first 0.937422,graph 0 to first 1.06676,graph 1 behind fillcolor rgb '#e4e4e4' fillstyle solid 1 noborder
set arrow from first 1,graph 0 to first 1,graph 1 nohead lc rgb '#444444' dashtype 2
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'select-6-ratio.'.kind
set label 1 'select: mistake / fix, message_ns' at screen 0.012,screen 0.95364 left
set label 2 'biased=on;ready=1;signal=pulse;source=memory;workers=1' at screen 0.012,screen 0.89735 left
set label 3 'Intel(R) Xeon(R) Processor; noise 1.6 % (usable); the same row against itself (A/A): within ±6.7 %' at screen 0.012,screen 0.84106 left
plot 'select-6-ratio.dat' index 0 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#999999', '' index 1 using 1:2:3:4 with xerrorbars pointtype 1 pointsize 1.3 linewidth 1.6 linecolor rgb '#999999', 'select-6-ratio.dat' index 2 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#000000', '' index 3 using 1:2:3:4 with xerrorbars pointtype 5 pointsize 1.3 linewidth 1.6 linecolor rgb '#000000', 'select-6-ratio.dat' index 4 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#0072B2', '' index 5 using 1:2:3:4 with xerrorbars pointtype 7 pointsize 1.3 linewidth 1.6 linecolor rgb '#0072B2', 'select-6-ratio.dat' index 6 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#E69F00', '' index 7 using 1:2:3:4 with xerrorbars pointtype 9 pointsize 1.3 linewidth 1.6 linecolor rgb '#E69F00', 'select-6-ratio.dat' index 8 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#009E73', '' index 9 using 1:2:3:4 with xerrorbars pointtype 11 pointsize 1.3 linewidth 1.6 linecolor rgb '#009E73', 'select-6-ratio.dat' index 10 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#CC79A7', '' index 11 using 1:2:3:4 with xerrorbars pointtype 13 pointsize 1.3 linewidth 1.6 linecolor rgb '#CC79A7', 'select-6-ratio.dat' index 12 using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb '#D55E00', '' index 13 using 1:2:3:4 with xerrorbars pointtype 15 pointsize 1.3 linewidth 1.6 linecolor rgb '#D55E00'
}
unset output
