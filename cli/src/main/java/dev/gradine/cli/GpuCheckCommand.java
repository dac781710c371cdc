package dev.gradine.cli;

import dev.gradine.cli.gpu.Sanitizer;
import dev.gradine.cli.gpu.StepCheck;
import dev.gradine.cli.gpu.TempFolder;
import dev.gradine.cuda.driver.Driver;
import dev.gradine.cuda.driver.UserCache;
import dev.gradine.cuda.kernels.PtxFiles;
import dev.gradine.cuda.kernels.check.Check;
import dev.gradine.cuda.kernels.check.DroppedWaits;
import dev.gradine.cuda.kernels.check.KernelCase;
import dev.gradine.cuda.kernels.check.KernelCases;
import dev.gradine.cuda.kernels.check.Verified;
import dev.gradine.cuda.kernels.device.CudaDevice;
import dev.gradine.cuda.sim.Options;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Kernel;
import dev.gradine.io.AtomicFiles;
import dev.gradine.lab.base.StoryFiles;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine gpu check`: every kernel against the CPU, then whole training steps, then the demo.
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description = {
            "Run every kernel against the CPU; on a GPU also training steps, compute-sanitizer where it is installed,"
                    + " and the demo.",
            "What was right on a GPU is written to " + Verified.FILE + ", and from then on kernels for Hopper alone are"
                    + " chosen on this machine if they were."
        })
final class GpuCheckCommand implements Callable<Integer> {

    private static final String CUDA = "cuda";
    private static final String SIM = "sim";
    private static final int BASELINE = 80;
    private static final int HOPPER = 90;
    private static final String PAIR =
            "{\"prompt\":\"One day,\",\"chosen\":\" a dog ran.\",\"rejected\":\" it was red.\"}\n";

    @Option(
            names = "--device",
            defaultValue = CUDA,
            paramLabel = "NAME",
            description = "cuda, or sim for the simulator (default ${DEFAULT-VALUE}).")
    private String device = CUDA;

    @Option(
            names = "--only",
            paramLabel = "TEXT",
            description = "Only cases whose name contains this; no steps, no demo.")
    private @Nullable String only;

    @Option(
            names = "--drop-waits",
            paramLabel = "FILE",
            description = "Instead: leave out each barrier, fence and wait of the kernels of FILE.ptx once, on the"
                    + " simulator, and say which no case misses.")
    private @Nullable String dropped;

    @Option(names = "--cases", description = "Only the cases; no steps, no demo.")
    private boolean casesAlone;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Where what was verified is kept (default: in a checkout where the program reads it from,"
                    + " else " + Verified.FILE + " here).")
    private @Nullable Path out;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    private int wrong;

    @Override
    public Integer call() throws IOException {
        if (cases(KernelCases.all()).isEmpty() && cases(KernelCases.hopper()).isEmpty()) {
            throw new IllegalArgumentException("--only: \"" + only + "\" is in no case's name");
        }
        if (dropped != null) return dropWaits(dropped);
        Gpu gpu = open(false);
        Check.Circumstances at = new Check.Circumstances(
                gpu.name(), driver(), LocalDate.now(ZoneOffset.UTC).toString());
        print().println("%s, %s".formatted(at.gpu(), device.equals(SIM) ? "no GPU" : "CUDA " + at.driver()));
        Check check = new Check();
        try (Kernels cpu = CpuKernels.open()) {
            check.run(cases(KernelCases.all()), gpu, cpu, this::show);
            onHopper(check, cpu);
        }
        Verified verified = check.verified(known(), at);
        if (device.equals(CUDA)) {
            write(file(), verified);
            write(UserCache.file(Verified.FILE), check.verified(Verified.read(UserCache.file(Verified.FILE)), at));
        }
        if (only == null && !casesAlone) {
            steps();
            if (device.equals(CUDA)) {
                sanitize();
                demo();
            }
        }
        showNeverVerified(Check.neverVerified(device.equals(CUDA) ? verified : known()));
        print().println(wrong == 0 ? "all right" : wrong + " WRONG");
        print().flush();
        return wrong == 0 ? 0 : Failures.FAULT;
    }

    private int dropWaits(String stem) {
        if (!device.equals(SIM)) throw new IllegalArgumentException("--drop-waits: --device is cuda, expected sim");
        if (!PtxFiles.exists(stem)) {
            throw new IllegalArgumentException(
                    "--drop-waits: \"%s\", expected one of %s".formatted(stem, String.join(", ", PtxFiles.stems())));
        }
        boolean hopper = new Kernel(stem, "").isHopper();
        Options options = Options.defaults().withCapability(hopper ? HOPPER : BASELINE);
        List<KernelCase> all = cases(hopper ? KernelCases.hopper() : KernelCases.all());
        int[] counts = new int[2];
        try (Kernels cpu = CpuKernels.open()) {
            new DroppedWaits(all, options, cpu).run(stem, d -> {
                counts[d.caught().isEmpty() ? 1 : 0]++;
                print().println(d);
                print().flush();
            });
        }
        print().println("%d waits missed, %d missed by no case".formatted(counts[0], counts[1]));
        print().flush();
        return 0;
    }

    private void showNeverVerified(List<String> never) {
        if (never.isEmpty()) {
            print().println("every kernel was verified on a GPU");
            return;
        }
        print().println("%d kernels never verified on a GPU in their present form:".formatted(never.size()));
        never.forEach(name -> print().println("  " + name));
    }

    private PrintWriter print() {
        return spec.commandLine().getOut();
    }

    /// @param hopper whether to simulate such a GPU
    private Gpu open(boolean hopper) {
        return switch (device) {
            case SIM -> new Simulator(Options.defaults().withCapability(hopper ? HOPPER : BASELINE));
            case CUDA -> new CudaDevice().openToCheck();
            default -> throw new IllegalArgumentException("--device: \"%s\", expected cuda or sim".formatted(device));
        };
    }

    private String driver() {
        return device.equals(CUDA) ? Driver.version() : "";
    }

    private List<KernelCase> cases(List<KernelCase> all) {
        String part = only;
        if (part == null) return all;
        return all.stream().filter(c -> c.toString().contains(part)).toList();
    }

    /// The cases of kernels for Hopper alone, where there is such a GPU.
    private void onHopper(Check check, Kernels cpu) {
        List<KernelCase> cases = cases(KernelCases.hopper());
        if (cases.isEmpty()) return;
        Gpu gpu = open(true);
        if (gpu.capability() == HOPPER) check.runOnHopper(cases, gpu, cpu, this::show);
        else gpu.close();
    }

    private void show(Check.Result r) {
        if (!r.isRight()) wrong++;
        String what = r.fault().isEmpty() ? "%8.4f of what is allowed".formatted(r.error()) : r.fault();
        print().println("%-52s %s  %6.2f s%s".formatted(r.name(), what, r.seconds(), r.isRight() ? "" : "  WRONG"));
        print().flush();
    }

    /// In a checkout the resource itself, so that the next build carries it.
    private Path file() {
        if (out != null) return out;
        Path module = Path.of(System.getProperty("gradine.home", "")).resolve("cuda-kernels/src/main/resources");
        return Files.isDirectory(module) ? module.resolve(Verified.FILE) : Path.of(Verified.FILE);
    }

    private Verified known() throws IOException {
        Path file = file();
        return Files.exists(file) ? Verified.parse(file.toString(), Files.readString(file)) : Verified.shipped();
    }

    private void write(Path file, Verified verified) throws IOException {
        Path whole = file.toAbsolutePath();
        Files.createDirectories(whole.getParent());
        AtomicFiles.writeText(whole, verified.text());
        print().println("written: " + file);
    }

    /// Steps of the demo's model, fine-tuning and preference optimisation, here and on the CPU.
    private void steps() throws IOException {
        try (TempFolder folder = new TempFolder("gradine-check")) {
            Path temp = folder.path();
            StoryFiles.copyTo(temp);
            Path pairs = temp.resolve("pairs.jsonl");
            Files.writeString(pairs, PAIR);
            compare(temp, "sft", temp.resolve(DemoRows.HELD));
            compare(temp, "dpo", pairs);
            graphs(temp, temp.resolve(DemoRows.HELD));
        }
    }

    /// Steps that are started as graphs, which most are from the third on, leave the bytes of those that are not.
    private void graphs(Path temp, Path data) throws IOException {
        List<Path> files = new ArrayList<>();
        int code = 0;
        for (List<String> more : List.of(List.<String>of(), List.of("--cuda-graphs"))) {
            Path run = temp.resolve("graphs-" + more.size());
            List<String> how = new ArrayList<>(List.of("--device", device, "--steps", "4"));
            how.addAll(more);
            code += train(temp, "sft", data, run, how);
            files.add(run.resolve("adapter_model.safetensors"));
        }
        boolean isRight = code == 0 && Files.mismatch(files.getFirst(), files.getLast()) < 0;
        if (!isRight) wrong++;
        print().println("sft with --cuda-graphs: " + (isRight ? "the same bytes" : "other bytes  WRONG"));
        print().flush();
    }

    private void compare(Path temp, String command, Path data) {
        List<Path> runs = new ArrayList<>();
        for (String where : List.of(device, DeviceArgs.CPU)) {
            Path run = temp.resolve(command + "-" + where);
            runs.add(run);
            int code = train(temp, command, data, run, List.of("--device", where, "--steps", "2"));
            if (code != 0) {
                print().println(command + " on " + where + " failed  WRONG");
                wrong++;
                return;
            }
        }
        for (StepCheck s : StepCheck.of(runs.getFirst(), runs.getLast())) {
            if (!s.agrees()) wrong++;
            print().println(command + " " + s);
        }
        print().flush();
    }

    private int train(Path temp, String command, Path data, Path run, List<String> how) {
        PrintWriter err = spec.commandLine().getErr();
        String settings = "--batch 1 --max-length 24 --samples 0 --save-every 0 --no-shuffle";
        List<String> args = new ArrayList<>(
                List.of(command, "--model", temp.resolve("model").toString()));
        args.addAll(List.of("--data", data.toString(), "--out", run.toString()));
        args.addAll(how);
        args.addAll(List.of(settings.split(" ", -1)));
        return Main.commandLine(System.getenv()).setOut(err).setErr(err).execute(args.toArray(String[]::new));
    }

    private void sanitize() {
        if (!Sanitizer.isInstalled()) {
            print().println("compute-sanitizer is not installed: left out");
            return;
        }
        for (String tool : Sanitizer.TOOLS) {
            print().println("compute-sanitizer " + tool);
            print().flush();
            String here = file().toAbsolutePath()
                    .resolveSibling("sanitized-" + Verified.FILE)
                    .toString();
            if (Sanitizer.run(tool, "gpu", "check", "--cases", "--out", here) != 0) wrong++;
        }
    }

    private void demo() {
        Path run = Path.of("runs", "gpu-check-" + System.currentTimeMillis());
        PrintWriter err = spec.commandLine().getErr();
        int code = Main.commandLine(System.getenv())
                .setOut(print())
                .setErr(err)
                .execute("demo", "--device", device, "--out", run.toString());
        if (code != 0) wrong++;
    }
}
