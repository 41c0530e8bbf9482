# Draws the plot again: gnuplot -d THIS_FILE
width = 960
height = 366
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set xrange [-4:104]
set xtics ('0' 0, '50' 50, '100' 100)
set xlabel 'outlive_percent'
set ylabel 'tasks'
set grid x y lc rgb '#d0d0d0' lw 0.5
set key outside right center reverse Left samplen 1.5
set yrange [0:108]
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'cancel-leak-curve-1.'.kind
set multiplot layout 1,2 title sprintf('%c%c', 10, 10)
set label 1 'cancel-leak: left_over (tasks) against outlive_percent' at screen 0.012,screen 0.96175 left
set label 2 'outlive_percent=50;parent_wait_ms=50;tasks=100;timeout_ms=10;workers=1' at screen 0.012,screen 0.91530 left
set label 3 'Intel(R) Xeon(R) Processor; noise 0.85 % (quiet); the same row against itself (A/A): within ±4.8 %' at screen 0.012,screen 0.86885 left
set title 'guarded'
plot 'cancel-leak-curve-1.dat' index 0 using 1:2:3:4 with yerrorlines pointtype 5 pointsize 0.9 linewidth 1.3 linecolor rgb '#000000' title 'threads', 'cancel-leak-curve-1.dat' index 1 using 1:2:3:4 with yerrorlines pointtype 7 pointsize 0.9 linewidth 1.3 linecolor rgb '#0072B2' title 'epoll', 'cancel-leak-curve-1.dat' index 2 using 1:2:3:4 with yerrorlines pointtype 9 pointsize 0.9 linewidth 1.3 linecolor rgb '#E69F00' title 'libuv', 'cancel-leak-curve-1.dat' index 3 using 1:2:3:4 with yerrorlines pointtype 11 pointsize 0.9 linewidth 1.3 linecolor rgb '#009E73' title 'libev', 'cancel-leak-curve-1.dat' index 4 using 1:2:3:4 with yerrorlines pointtype 13 pointsize 0.9 linewidth 1.3 linecolor rgb '#CC79A7' title 'libevent', 'cancel-leak-curve-1.dat' index 5 using 1:2:3:4 with yerrorlines pointtype 15 pointsize 0.9 linewidth 1.3 linecolor rgb '#D55E00' title 'liburing', 'cancel-leak-curve-1.dat' index 6 using 1:2:3:4 with yerrorlines pointtype 4 pointsize 0.9 linewidth 1.3 linecolor rgb '#56B4E9' title 'tokio-1', 'cancel-leak-curve-1.dat' index 7 using 1:2:3:4 with yerrorlines pointtype 6 pointsize 0.9 linewidth 1.3 linecolor rgb '#882255' title 'tokio-mt', 'cancel-leak-curve-1.dat' index 8 using 1:2 with lines dashtype 2 linewidth 2 linecolor rgb '#444444' title 'arithmetic'
unset label
set title 'unguarded'
plot 'cancel-leak-curve-1.dat' index 9 using 1:2:3:4 with yerrorlines pointtype 5 pointsize 0.9 linewidth 1.3 linecolor rgb '#000000' title 'threads', 'cancel-leak-curve-1.dat' index 10 using 1:2:3:4 with yerrorlines pointtype 7 pointsize 0.9 linewidth 1.3 linecolor rgb '#0072B2' title 'epoll', 'cancel-leak-curve-1.dat' index 11 using 1:2:3:4 with yerrorlines pointtype 9 pointsize 0.9 linewidth 1.3 linecolor rgb '#E69F00' title 'libuv', 'cancel-leak-curve-1.dat' index 12 using 1:2:3:4 with yerrorlines pointtype 11 pointsize 0.9 linewidth 1.3 linecolor rgb '#009E73' title 'libev', 'cancel-leak-curve-1.dat' index 13 using 1:2:3:4 with yerrorlines pointtype 13 pointsize 0.9 linewidth 1.3 linecolor rgb '#CC79A7' title 'libevent', 'cancel-leak-curve-1.dat' index 14 using 1:2:3:4 with yerrorlines pointtype 15 pointsize 0.9 linewidth 1.3 linecolor rgb '#D55E00' title 'liburing', 'cancel-leak-curve-1.dat' index 15 using 1:2:3:4 with yerrorlines pointtype 4 pointsize 0.9 linewidth 1.3 linecolor rgb '#56B4E9' title 'tokio-1', 'cancel-leak-curve-1.dat' index 16 using 1:2:3:4 with yerrorlines pointtype 6 pointsize 0.9 linewidth 1.3 linecolor rgb '#882255' title 'tokio-mt', 'cancel-leak-curve-1.dat' index 17 using 1:2 with lines dashtype 2 linewidth 2 linecolor rgb '#444444' title 'arithmetic'
unset multiplot
}
unset output
