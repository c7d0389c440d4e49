#include "runtime_model/boot/models.hpp"

#include "runtime_model/boot/arguments.hpp"
#include "runtime_model/boot/environment.hpp"
#include "runtime_model/boot/main.hpp"
#include "runtime_model/boot/mstart.hpp"
#include "runtime_model/boot/osinit.hpp"
#include "runtime_model/boot/procresize.hpp"
#include "runtime_model/boot/schedinit.hpp"
#include "runtime_model/boot/signals.hpp"

namespace runtime_model::boot {

void add_models(model::Registry& registry) {
  registry.add("runtime.args", {17, 27}, args);
  registry.add("runtime.sysargs", {17, 27}, sysargs);
  registry.add("runtime.sysauxv", {17, 27}, sysauxv);
  registry.add("runtime.osinit", {17, 27}, osinit);
  registry.add("runtime.getproccount", {17, 24}, getproccount);
  registry.add("runtime.getCPUCount", {25, 27}, getproccount);
  registry.add("runtime.getHugePageSize", {17, 27}, getHugePageSize);
  // From go1.21 on, parts that the compiler inlined are watched only.
  registry.add("runtime.schedinit", {17, 20}, schedinit);
  registry.add("runtime.schedinit", {21, 27}, schedinit, model::Use::beside);
  registry.add("runtime.gogetenv", {17, 27}, gogetenv);
  registry.add("runtime.procresize", {17, 27}, procresize);
  registry.add("runtime.(*p).init", {17, 27}, p_init);
  registry.add("runtime.mstart0", {17, 27}, mstart0);
  registry.add("runtime.mstart1", {17, 27}, mstart1);
  registry.add("runtime.mstartm0", {17, 27}, mstartm0);
  registry.add("runtime.minit", {17, 27}, minit);
  registry.add("runtime.initsig", {17, 27}, initsig);
  registry.add("runtime.main", {17, 27}, runtime_main, model::Use::beside);
  registry.add("runtime.gcenable", {17, 27}, gcenable, model::Use::beside);
}

}  // namespace runtime_model::boot
