package dev.gradine.cli;

import dev.gradine.cuda.driver.compile.Assembler.Cost;
import dev.gradine.cuda.driver.compile.KernelBuild;
import dev.gradine.cuda.driver.compile.KernelSource;
import dev.gradine.cuda.driver.compile.Nvrtc;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `gradine kernels`: from CUDA C++ to the PTX that is shipped.
@Command(
        name = "kernels",
        mixinStandardHelpOptions = true,
        description = {
            "Compile the CUDA kernels of cuda-kernels/src/main/cuda to PTX, and assemble each for sm_80 and sm_90 to"
                    + " see its registers and what of them is spilled.",
            "Needs NVRTC 12.0 in the folder that NVRTC_HOME names, no GPU and no toolkit."
        })
final class KernelsCommand implements Runnable {

    @Parameters(paramLabel = "STEM", description = "Files to compile, such as rms_norm (default: all).")
    private List<String> stems = new ArrayList<>();

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        KernelBuild build = new KernelBuild(Project.root().resolve("cuda-kernels"));
        List<String> all = KernelSource.stems(build.sources());
        for (String stem : stems) {
            if (!all.contains(stem)) {
                throw new IllegalArgumentException(
                        "kernels: %s is no source, expected one of %s".formatted(stem, String.join(", ", all)));
            }
        }
        String home = System.getenv(Nvrtc.HOME);
        Nvrtc.load(home == null ? "" : home);
        for (String stem : stems.isEmpty() ? all : stems) print(build.build(stem));
    }

    private void print(KernelBuild.Result result) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(result.stem() + ".ptx" + (result.changed() ? " written" : " unchanged"));
        Map<String, List<Cost>> byEntry = result.costs().stream()
                .collect(Collectors.groupingBy(Cost::entry, LinkedHashMap::new, Collectors.toList()));
        byEntry.forEach((entry, costs) -> out.printf(
                "  %-44s %s%n",
                entry,
                costs.stream()
                        .map(c -> "%s: %3d registers%s%s"
                                .formatted(
                                        c.target(),
                                        c.registers(),
                                        c.spilled() == 0 ? "" : ", " + c.spilled() + " bytes spilled",
                                        c.serialized() ? ", products serialized" : ""))
                        .collect(Collectors.joining("   "))));
        out.flush();
    }
}
