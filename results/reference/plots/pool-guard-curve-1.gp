# Draws the plot again: gnuplot -d THIS_FILE
width = 960
height = 366
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set logscale x
set xrange [0.869565217:4.6]
set xtics ('1' 1, '2' 2, '4' 4)
set xlabel 'pool'
set ylabel 'time'
set grid x y lc rgb '#d0d0d0' lw 0.5
set key outside right center reverse Left samplen 1.5
set yrange [1.66667e+06:2.32865e+07]
set logscale y
set ytics ('2 ms' 2000000, '5 ms' 5000000, '10 ms' 10000000, '20 ms' 20000000)
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'pool-guard-curve-1.'.kind
set multiplot layout 1,2 title sprintf('%c%c', 10, 10)
set label 1 'pool-guard: job_ns (ns) against pool' at screen 0.012,screen 0.96175 left
set label 2 'fetch_ms=4;nested_tasks=4;pool=4;process_ms=8;store_ms=4;tasks=16;workers=1' at screen 0.012,screen 0.91530 left
set label 3 'Intel(R) Xeon(R) Processor; noise 0.23 % (quiet); the same row against itself (A/A): within ±1.4 %' at screen 0.012,screen 0.86885 left
set title 'early-drop'
plot 'pool-guard-curve-1.dat' index 0 using 1:2:3:4 with yerrorlines pointtype 5 pointsize 0.9 linewidth 1.3 linecolor rgb '#000000' title 'threads', 'pool-guard-curve-1.dat' index 1 using 1:2:3:4 with yerrorlines pointtype 7 pointsize 0.9 linewidth 1.3 linecolor rgb '#0072B2' title 'epoll', 'pool-guard-curve-1.dat' index 2 using 1:2:3:4 with yerrorlines pointtype 9 pointsize 0.9 linewidth 1.3 linecolor rgb '#E69F00' title 'libuv', 'pool-guard-curve-1.dat' index 3 using 1:2:3:4 with yerrorlines pointtype 11 pointsize 0.9 linewidth 1.3 linecolor rgb '#009E73' title 'libev', 'pool-guard-curve-1.dat' index 4 using 1:2:3:4 with yerrorlines pointtype 13 pointsize 0.9 linewidth 1.3 linecolor rgb '#CC79A7' title 'libevent', 'pool-guard-curve-1.dat' index 5 using 1:2:3:4 with yerrorlines pointtype 15 pointsize 0.9 linewidth 1.3 linecolor rgb '#D55E00' title 'liburing', 'pool-guard-curve-1.dat' index 6 using 1:2:3:4 with yerrorlines pointtype 4 pointsize 0.9 linewidth 1.3 linecolor rgb '#56B4E9' title 'tokio-1', 'pool-guard-curve-1.dat' index 7 using 1:2:3:4 with yerrorlines pointtype 6 pointsize 0.9 linewidth 1.3 linecolor rgb '#882255' title 'tokio-mt', 'pool-guard-curve-1.dat' index 8 using 1:2 with lines dashtype 2 linewidth 2 linecolor rgb '#444444' title 'arithmetic'
unset label
set title 'held'
plot 'pool-guard-curve-1.dat' index 9 using 1:2:3:4 with yerrorlines pointtype 5 pointsize 0.9 linewidth 1.3 linecolor rgb '#000000' title 'threads', 'pool-guard-curve-1.dat' index 10 using 1:2:3:4 with yerrorlines pointtype 7 pointsize 0.9 linewidth 1.3 linecolor rgb '#0072B2' title 'epoll', 'pool-guard-curve-1.dat' index 11 using 1:2:3:4 with yerrorlines pointtype 9 pointsize 0.9 linewidth 1.3 linecolor rgb '#E69F00' title 'libuv', 'pool-guard-curve-1.dat' index 12 using 1:2:3:4 with yerrorlines pointtype 11 pointsize 0.9 linewidth 1.3 linecolor rgb '#009E73' title 'libev', 'pool-guard-curve-1.dat' index 13 using 1:2:3:4 with yerrorlines pointtype 13 pointsize 0.9 linewidth 1.3 linecolor rgb '#CC79A7' title 'libevent', 'pool-guard-curve-1.dat' index 14 using 1:2:3:4 with yerrorlines pointtype 15 pointsize 0.9 linewidth 1.3 linecolor rgb '#D55E00' title 'liburing', 'pool-guard-curve-1.dat' index 15 using 1:2:3:4 with yerrorlines pointtype 4 pointsize 0.9 linewidth 1.3 linecolor rgb '#56B4E9' title 'tokio-1', 'pool-guard-curve-1.dat' index 16 using 1:2:3:4 with yerrorlines pointtype 6 pointsize 0.9 linewidth 1.3 linecolor rgb '#882255' title 'tokio-mt', 'pool-guard-curve-1.dat' index 17 using 1:2 with lines dashtype 2 linewidth 2 linecolor rgb '#444444' title 'arithmetic'
unset multiplot
}
unset output
