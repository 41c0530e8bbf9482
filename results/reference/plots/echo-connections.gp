# Draws the plot again: gnuplot -d THIS_FILE
width = 960
height = 386
set encoding utf8
set border 3 lw 0.5 lc rgb '#444444'
set tics nomirror out scale 0.5
set grid x lc rgb '#d0d0d0' lw 0.5
unset key
set xrange [41.6667:1200]
set logscale x
set xtics ('50' 50, '100' 100, '200' 200, '500' 500, '1000' 1000)
set xlabel 'connections'
set grid x y lc rgb '#d0d0d0' lw 0.5
do for [kind in 'svg png'] {
if (kind eq 'svg') {
set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'
} else {
set terminal pngcairo noenhanced size width,height font 'Sans,10'
}
set output 'echo-connections.'.kind
set multiplot layout 1,2 title sprintf('%c%c', 10, 10)
set label 1 'echo closed: threads against all loops' at screen 0.012,screen 0.96373 left
set label 2 'connections=50;rate_per_s=20000; the rest as in REPORT.md' at screen 0.012,screen 0.91969 left
set label 3 'Intel(R) Xeon(R) Processor; noise 1.3 % (usable); the same row against itself (A/A): within ±1.1 %' at screen 0.012,screen 0.87565 left
unset logscale y
set yrange [0:354332]
set ytics autofreq
set title 'requests_per_s'
set key bottom left reverse Left samplen 2
plot 'echo-connections.dat' index 0 using 1:2:3 with filledcurves fillcolor rgb '#d9d9d9' fillstyle solid 1 noborder title 'all loops', '' index 0 using 1:2 with lines linecolor rgb '#888888' notitle, '' index 0 using 1:3 with lines linecolor rgb '#888888' notitle, '' index 1 using 1:2:3:4 with yerrorlines pointtype 5 pointsize 1 linewidth 1.6 linecolor rgb '#000000' title 'threads'
unset label
set yrange [179519:5.38706e+07]
set logscale y
set ytics ('200 µs' 200000, '500 µs' 500000, '1 ms' 1000000, '2 ms' 2000000, '5 ms' 5000000, '10 ms' 10000000, '20 ms' 20000000, '50 ms' 50000000)
set title 'service p99 under closed loop'
set key top left reverse Left samplen 2
plot 'echo-connections.dat' index 2 using 1:2:3 with filledcurves fillcolor rgb '#d9d9d9' fillstyle solid 1 noborder title 'all loops', '' index 2 using 1:2 with lines linecolor rgb '#888888' notitle, '' index 2 using 1:3 with lines linecolor rgb '#888888' notitle, '' index 3 using 1:2:3:4 with yerrorlines pointtype 5 pointsize 1 linewidth 1.6 linecolor rgb '#000000' title 'threads'
unset multiplot
}
unset output
