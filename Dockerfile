# A container with the program and all that writers of strategies need, from this source tree:
#   docker build -t asyncbench .
#   docker run --rm asyncbench list
# io_uring, perf events and files for results need more rights and a folder:
#   docker run --rm --security-opt seccomp=unconfined --cap-add PERFMON -v "$PWD:/results" asyncbench run quick
FROM debian:12 AS build
# With git, results say which commit they were measured with.
RUN apt-get update && apt-get install -y --no-install-recommends git
COPY . /asyncbench
WORKDIR /asyncbench
RUN scripts/setup
RUN cmake --preset release -DASYNCBENCH_TESTS=OFF -DASYNCBENCH_BENCH=OFF \
  && cmake --build --preset release \
  && cd build && cpack

FROM debian:12
COPY --from=build /asyncbench/build/asyncbench_*.deb /tmp/
RUN apt-get update \
  && apt-get install -y --no-install-recommends /tmp/asyncbench_*.deb \
  && rm -rf /tmp/asyncbench_*.deb /var/lib/apt/lists/*
WORKDIR /results
ENTRYPOINT ["asyncbench"]
CMD ["list"]
