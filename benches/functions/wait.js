module.exports = async (request) => {
  const ms = Number(new URL(request.url).searchParams.get('ms'));
  await new Promise((resolve) => setTimeout(resolve, ms));
  return new Response('waited');
};
