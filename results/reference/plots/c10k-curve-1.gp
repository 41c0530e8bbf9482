# Draws the plot again: gnuplot -d THIS_FILE
width = 960
height = 366
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set logscale x
set xrange [86.9565217:11500]
set xtics ('100' 100, '1000' 1000, '10000' 10000)
set xlabel 'connections'
set ylabel 'time'
set grid x y lc rgb '#d0d0d0' lw 0.5
set key outside right center reverse Left samplen 1.5
set yrange [48239.2:120037]
set logscale y
set ytics ('50 µs' 50000, '60 µs' 60000, '70 µs' 70000, '80 µs' 80000, '90 µs' 90000, '100 µs' 100000, '110 µs' 110000, '120 µs' 120000)
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'c10k-curve-1.'.kind
set multiplot layout 1,1 title sprintf('%c%c', 10, 10)
set label 1 'c10k: service_p99_ns (ns) against connections' at screen 0.012,screen 0.96175 left
set label 2 'active=10;buffer_bytes=16384;connections=10000;family=ipv4;listeners=own;nodelay=on;stall_ms=10000;workers=1' at screen 0.012,screen 0.91530 left
set label 3 'Intel(R) Xeon(R) Processor; noise 0 % (quiet)' at screen 0.012,screen 0.86885 left
set title 'ramp'
plot 'c10k-curve-1.dat' index 0 using 1:2:3:4 with yerrorlines pointtype 5 pointsize 0.9 linewidth 1.3 linecolor rgb '#000000' title 'threads', 'c10k-curve-1.dat' index 1 using 1:2:3:4 with yerrorlines pointtype 7 pointsize 0.9 linewidth 1.3 linecolor rgb '#0072B2' title 'epoll', 'c10k-curve-1.dat' index 2 using 1:2:3:4 with yerrorlines pointtype 9 pointsize 0.9 linewidth 1.3 linecolor rgb '#E69F00' title 'libuv', 'c10k-curve-1.dat' index 3 using 1:2:3:4 with yerrorlines pointtype 11 pointsize 0.9 linewidth 1.3 linecolor rgb '#009E73' title 'libev', 'c10k-curve-1.dat' index 4 using 1:2:3:4 with yerrorlines pointtype 13 pointsize 0.9 linewidth 1.3 linecolor rgb '#CC79A7' title 'libevent', 'c10k-curve-1.dat' index 5 using 1:2:3:4 with yerrorlines pointtype 12 pointsize 0.9 linewidth 1.3 linecolor rgb '#AA4499' title 'libevent-bufferevent', 'c10k-curve-1.dat' index 6 using 1:2:3:4 with yerrorlines pointtype 15 pointsize 0.9 linewidth 1.3 linecolor rgb '#D55E00' title 'liburing', 'c10k-curve-1.dat' index 7 using 1:2:3:4 with yerrorlines pointtype 14 pointsize 0.9 linewidth 1.3 linecolor rgb '#F0A070' title 'liburing-poll', 'c10k-curve-1.dat' index 8 using 1:2:3:4 with yerrorlines pointtype 4 pointsize 0.9 linewidth 1.3 linecolor rgb '#56B4E9' title 'tokio-1', 'c10k-curve-1.dat' index 9 using 1:2:3:4 with yerrorlines pointtype 6 pointsize 0.9 linewidth 1.3 linecolor rgb '#882255' title 'tokio-mt'
unset label
unset multiplot
}
unset output
