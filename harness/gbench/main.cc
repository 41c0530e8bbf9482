/* SPDX-License-Identifier: MIT */
/* asyncbench-gbench: every cell as a Google Benchmark. What a cell and a sample are stands in gbench.h. */
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "harness/gbench/gbench.h"

namespace
{

/* The counter in which the CPU time of a sample, in ns per operation, gets to the reporter. */
const char cpu_counter[] = "cpu_ns_per_op";

struct Cell {
        gbench *all;
        size_t number;
        bool begun, first_refused;
};

/* Google Benchmark (1.7 to 1.9) looks for the statistics of a cell in its first repetition, has none there after an
 * error, and does not look whether it has: two good repetitions after that would end the process. */
const char *Refusal(Cell &cell, const gbench_sample &sample)
{
        const bool first = !cell.begun;

        cell.begun = true;
        cell.first_refused = first ? sample.refusal != nullptr : cell.first_refused;
        if (sample.refusal || !cell.first_refused)
                return sample.refusal;
        return "ok, but not shown: Google Benchmark cannot have it after a first repetition without a time";
}

/* Also a run without a time goes into the loop: only there has it the number of iterations that all repetitions must
 * have. */
void Measure(benchmark::State &state, Cell &cell)
{
        while (state.KeepRunning()) {
                gbench_sample sample;
                double value = 0;

                gbench_run(cell.all, cell.number, &sample);
                if (const char *refusal = Refusal(cell, sample)) {
                        state.SkipWithError(refusal);
                        continue;
                }
                state.SetIterationTime(sample.real_ns * 1e-9);
                state.counters[cpu_counter] = sample.cpu_ns;
                for (size_t i = 0; const char *name = gbench_counter(cell.all, i, &value); i++)
                        state.counters[name] = value;
        }
}

/* Puts the sample's CPU time where Google Benchmark has that of the thread which waited for it, and leaves out
 * numbers that are none, as the variation of a counter that is always 0: JSON has no word for them. */
class Reporter final : public benchmark::BenchmarkReporter
{
      public:
        explicit Reporter(benchmark::BenchmarkReporter &inner) : inner_(inner)
        {
        }

        bool ReportContext(const Context &context) override
        {
                inner_.SetOutputStream(&GetOutputStream());
                inner_.SetErrorStream(&GetErrorStream());
                return inner_.ReportContext(context);
        }

        void ReportRuns(const std::vector<Run> &runs) override
        {
                std::vector<Run> mended(runs);

                for (Run &run : mended) {
                        SetCpuTime(run);
                        DropNoNumbers(run);
                }
                inner_.ReportRuns(mended);
        }

        void Finalize() override
        {
                inner_.Finalize();
        }

      private:
        static void SetCpuTime(Run &run)
        {
                const auto cpu = run.counters.find(cpu_counter);
                const bool share =
                        run.run_type == Run::RT_Aggregate && run.aggregate_unit == benchmark::kPercentage;

                if (cpu == run.counters.end())
                        return;
                /* A time is divided by the iterations when it is shown, a share is not. */
                run.cpu_accumulated_time = cpu->second.value;
                if (!share)
                        run.cpu_accumulated_time *= 1e-9 * static_cast<double>(run.iterations);
                run.counters.erase(cpu);
        }

        static void DropNoNumbers(Run &run)
        {
                for (auto at = run.counters.begin(); at != run.counters.end();)
                        at = std::isfinite(at->second.value) ? std::next(at) : run.counters.erase(at);
        }

        benchmark::BenchmarkReporter &inner_;
};

/* The value of --NAME=, the last one, else of the environment variable VARIABLE, as Google Benchmark reads its
 * options; which of them it was given it does not tell. */
std::string OptionOf(const std::vector<char *> &words, const std::string &name, const char *variable)
{
        const std::string start = "--" + name + "=";
        const char *inherited = std::getenv(variable);
        std::string value = inherited ? inherited : "";

        for (const char *word : words)
                if (std::string(word).rfind(start, 0) == 0)
                        value = word + start.size();
        return value;
}

/* CSV is still one of its formats. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
std::unique_ptr<benchmark::BenchmarkReporter> FileReporter(const std::string &format)
{
        if (format == "console")
                return std::make_unique<benchmark::ConsoleReporter>(benchmark::ConsoleReporter::OO_None);
        if (format == "csv")
                return std::make_unique<benchmark::CSVReporter>();
        return std::make_unique<benchmark::JSONReporter>();
}
#pragma GCC diagnostic pop

void Run(const std::string &file, const std::string &format)
{
        Reporter display(*benchmark::CreateDefaultDisplayReporter());
        const auto inner = FileReporter(format);
        Reporter written(*inner);

        benchmark::RunSpecifiedBenchmarks(&display, file.empty() ? nullptr : &written);
}

void Register(gbench *all, std::vector<Cell> &cells)
{
        const char *value = nullptr;

        for (size_t i = 0; const char *key = gbench_context(all, i, &value); i++)
                benchmark::AddCustomContext(key, value);
        for (size_t i = 0; i < gbench_cells(all); i++)
                cells.push_back({ all, i, false, false });
        for (Cell &cell : cells)
                benchmark::RegisterBenchmark(gbench_name(all, cell.number), [&cell](benchmark::State &state) {
                        Measure(state, cell);
                })->UseManualTime();
}

void PrintHelp()
{
        benchmark::PrintDefaultHelp();
        std::fputs(gbench_help, stdout);
}

} // namespace

int main(int argc, char **argv)
{
        /* One sample a repetition, whatever the options before these say. As options they leave no trace in the
         * names of the cells; Iterations(1) would. */
        char one_sample[] = "--benchmark_min_time=" AB_GBENCH_ONE_SAMPLE;
        char no_warm_up[] = "--benchmark_min_warmup_time=0";
        std::vector<char *> words(argv, argv + argc);
        const std::string file = OptionOf(words, "benchmark_out", "BENCHMARK_OUT");
        const std::string format = OptionOf(words, "benchmark_out_format", "BENCHMARK_OUT_FORMAT");
        std::vector<Cell> cells;
        char error[2048];
        gbench *all;
        int count, status;

        words.insert(words.end(), { one_sample, no_warm_up, nullptr });
        count = static_cast<int>(words.size()) - 1;
        benchmark::Initialize(&count, words.data(), PrintHelp);
        all = gbench_open(&count, words.data(), error, sizeof(error));
        if (!all) {
                std::fprintf(stderr, "asyncbench-gbench: %s\n", error);
                return EXIT_FAILURE;
        }
        if (benchmark::ReportUnrecognizedArguments(count, words.data())) {
                gbench_close(all);
                return EXIT_FAILURE;
        }
        Register(all, cells);
        Run(file, format);
        status = gbench_exit_status(all);
        gbench_close(all);
        benchmark::Shutdown();
        return status;
}
