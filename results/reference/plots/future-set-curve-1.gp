# Draws the plot again: gnuplot -d THIS_FILE
width = 960
height = 366
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set logscale x
set xrange [869.565217:9200]
set xtics ('1000' 1000, '2000' 2000, '4000' 4000, '8000' 8000)
set xlabel 'users'
set ylabel 'time'
set grid x y lc rgb '#d0d0d0' lw 0.5
set key outside right center reverse Left samplen 1.5
set yrange [72.7317:1269.94]
set logscale y
set ytics ('100 ns' 100, '200 ns' 200, '500 ns' 500, '1 µs' 1000)
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'future-set-curve-1.'.kind
set multiplot layout 1,2 title sprintf('%c%c', 10, 10)
set label 1 'future-set: user_ns (ns) against users' at screen 0.012,screen 0.96175 left
set label 2 'users=1000' at screen 0.012,screen 0.91530 left
set label 3 'Intel(R) Xeon(R) Processor; noise 0.80 % (quiet)' at screen 0.012,screen 0.86885 left
set title 'spawned'
plot 'future-set-curve-1.dat' index 0 using 1:2:3:4 with yerrorlines pointtype 7 pointsize 0.9 linewidth 1.3 linecolor rgb '#0072B2' title 'epoll', 'future-set-curve-1.dat' index 1 using 1:2:3:4 with yerrorlines pointtype 9 pointsize 0.9 linewidth 1.3 linecolor rgb '#E69F00' title 'libuv', 'future-set-curve-1.dat' index 2 using 1:2:3:4 with yerrorlines pointtype 11 pointsize 0.9 linewidth 1.3 linecolor rgb '#009E73' title 'libev', 'future-set-curve-1.dat' index 3 using 1:2:3:4 with yerrorlines pointtype 13 pointsize 0.9 linewidth 1.3 linecolor rgb '#CC79A7' title 'libevent', 'future-set-curve-1.dat' index 4 using 1:2:3:4 with yerrorlines pointtype 15 pointsize 0.9 linewidth 1.3 linecolor rgb '#D55E00' title 'liburing', 'future-set-curve-1.dat' index 5 using 1:2:3:4 with yerrorlines pointtype 4 pointsize 0.9 linewidth 1.3 linecolor rgb '#56B4E9' title 'tokio-1', 'future-set-curve-1.dat' index 6 using 1:2:3:4 with yerrorlines pointtype 6 pointsize 0.9 linewidth 1.3 linecolor rgb '#882255' title 'tokio-mt', 'future-set-curve-1.dat' index 7 using 1:2:3:4 with yerrorlines pointtype 8 pointsize 0.9 linewidth 1.3 linecolor rgb '#332288' title 'tokio-mt-shipped'
unset label
set title 'set'
plot 'future-set-curve-1.dat' index 8 using 1:2:3:4 with yerrorlines pointtype 7 pointsize 0.9 linewidth 1.3 linecolor rgb '#0072B2' title 'epoll', 'future-set-curve-1.dat' index 9 using 1:2:3:4 with yerrorlines pointtype 9 pointsize 0.9 linewidth 1.3 linecolor rgb '#E69F00' title 'libuv', 'future-set-curve-1.dat' index 10 using 1:2:3:4 with yerrorlines pointtype 11 pointsize 0.9 linewidth 1.3 linecolor rgb '#009E73' title 'libev', 'future-set-curve-1.dat' index 11 using 1:2:3:4 with yerrorlines pointtype 13 pointsize 0.9 linewidth 1.3 linecolor rgb '#CC79A7' title 'libevent', 'future-set-curve-1.dat' index 12 using 1:2:3:4 with yerrorlines pointtype 15 pointsize 0.9 linewidth 1.3 linecolor rgb '#D55E00' title 'liburing', 'future-set-curve-1.dat' index 13 using 1:2:3:4 with yerrorlines pointtype 4 pointsize 0.9 linewidth 1.3 linecolor rgb '#56B4E9' title 'tokio-1', 'future-set-curve-1.dat' index 14 using 1:2:3:4 with yerrorlines pointtype 6 pointsize 0.9 linewidth 1.3 linecolor rgb '#882255' title 'tokio-mt', 'future-set-curve-1.dat' index 15 using 1:2:3:4 with yerrorlines pointtype 8 pointsize 0.9 linewidth 1.3 linecolor rgb '#332288' title 'tokio-mt-shipped'
unset multiplot
}
unset output
