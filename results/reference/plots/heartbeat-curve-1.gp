# Draws the plot again: gnuplot -d THIS_FILE
width = 960
height = 366
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set logscale x
set xrange [434.782609:9200]
set xtics ('500' 500, '2000' 2000, '4000' 4000, '8000' 8000)
set xlabel 'chunk_us'
set ylabel 'time'
set grid x y lc rgb '#d0d0d0' lw 0.5
set key outside right center reverse Left samplen 1.5
set yrange [355607:2.02043e+07]
set logscale y
set ytics ('500 µs' 500000, '1 ms' 1000000, '2 ms' 2000000, '5 ms' 5000000, '10 ms' 10000000, '20 ms' 20000000)
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'heartbeat-curve-1.'.kind
set multiplot layout 1,1 title sprintf('%c%c', 10, 10)
set label 1 'heartbeat: beat_late_max_ns (ns) against chunk_us' at screen 0.012,screen 0.96175 left
set label 2 'chunk_us=500;heavy_one_in=25; the rest as in REPORT.md' at screen 0.012,screen 0.91530 left
set label 3 'Intel(R) Xeon(R) Processor; noise 69 % (too noisy)' at screen 0.012,screen 0.86885 left
set title 'chunked'
plot 'heartbeat-curve-1.dat' index 0 using 1:2:3:4 with yerrorlines pointtype 5 pointsize 0.9 linewidth 1.3 linecolor rgb '#000000' title 'threads', 'heartbeat-curve-1.dat' index 1 using 1:2:3:4 with yerrorlines pointtype 7 pointsize 0.9 linewidth 1.3 linecolor rgb '#0072B2' title 'epoll', 'heartbeat-curve-1.dat' index 2 using 1:2:3:4 with yerrorlines pointtype 9 pointsize 0.9 linewidth 1.3 linecolor rgb '#E69F00' title 'libuv', 'heartbeat-curve-1.dat' index 3 using 1:2:3:4 with yerrorlines pointtype 11 pointsize 0.9 linewidth 1.3 linecolor rgb '#009E73' title 'libev', 'heartbeat-curve-1.dat' index 4 using 1:2:3:4 with yerrorlines pointtype 13 pointsize 0.9 linewidth 1.3 linecolor rgb '#CC79A7' title 'libevent', 'heartbeat-curve-1.dat' index 5 using 1:2:3:4 with yerrorlines pointtype 15 pointsize 0.9 linewidth 1.3 linecolor rgb '#D55E00' title 'liburing', 'heartbeat-curve-1.dat' index 6 using 1:2:3:4 with yerrorlines pointtype 4 pointsize 0.9 linewidth 1.3 linecolor rgb '#56B4E9' title 'tokio-1', 'heartbeat-curve-1.dat' index 7 using 1:2:3:4 with yerrorlines pointtype 6 pointsize 0.9 linewidth 1.3 linecolor rgb '#882255' title 'tokio-mt', 'heartbeat-curve-1.dat' index 8 using 1:2:3:4 with yerrorlines pointtype 8 pointsize 0.9 linewidth 1.3 linecolor rgb '#332288' title 'tokio-mt-shipped', 'heartbeat-curve-1.dat' index 9 using 1:2 with lines dashtype 2 linewidth 2 linecolor rgb '#444444' title 'arithmetic'
unset label
unset multiplot
}
unset output
